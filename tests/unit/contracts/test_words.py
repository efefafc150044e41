"""The words of the API are those of the domain."""

from enum import StrEnum

import pytest

from shared.contracts.api import words
from shared.domain.doctor.finding import Part, Verdict
from shared.domain.health import Health
from shared.domain.person.enrolment import State
from shared.domain.rollout.gates.kind import Unit
from shared.domain.rollout.state import Phase


@pytest.mark.parametrize(
    ("published", "of_the_domain"),
    [
        (words.PersonState, State),
        (words.RolloutPhase, Phase),
        (words.Health, Health),
        (words.GateUnit, Unit),
        (words.CheckVerdict, Verdict),
        (words.CheckPart, Part),
    ],
)
def test_a_published_word_is_one_of_the_domain_in_its_order(
    published: type[StrEnum], of_the_domain: type[StrEnum]
) -> None:
    assert list(map(str, published)) == list(map(str, of_the_domain))
