"""Before the first rollout: who stays in, and who is out by what was said of them."""

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.person.enrolment import CauseKind, Exclusion, Provenance, State
from shared.domain.person.reasons import Reason
from shared.domain.plan.due_out import due_out
from tests.support.enrolments import DAY, NOW
from tests.support.plans import an_id, claim, summary

EVENT = claim(CauseKind.EVENT, "e")
FOR_A_DAY = claim(CauseKind.OVERRIDE, "because", NOW)
LAST_DAY = Exclusion(Reason.OFFBOARDED, "hr", "e", begins=NOW)


@pytest.mark.parametrize(
    ("claims", "changes", "reason"),
    [
        ((EVENT,), {}, None),
        ((EVENT,), {"exclusion": LAST_DAY}, Reason.OFFBOARDED),
        ((FOR_A_DAY,), {}, Reason.NO_LONGER_WANTED),
        ((FOR_A_DAY, EVENT), {}, None),
        ((FOR_A_DAY,), {"set_aside": LAST_DAY}, Reason.OFFBOARDED),
        ((), {}, Reason.NO_LONGER_WANTED),
        ((), {"provenance": Provenance.PREEXISTING}, None),
        ((EVENT,), {"exclusion": LAST_DAY, "state": State.WITHDRAWING}, None),
        ((FOR_A_DAY,), {"state": State.WAITING}, None),
    ],
)
def test_whom_nothing_that_was_said_holds_in_is_due(
    claims: tuple[Any, ...], changes: dict[str, Any], reason: Reason | None
) -> None:
    person = replace(summary(1, State.VISIBLE, *claims), **changes)
    removal = due_out(person, NOW)
    assert (removal and removal.reason) == reason
    assert removal is None or removal.object_id == an_id(1)


def test_nobody_is_due_before_the_day() -> None:
    person = summary(1, State.VISIBLE, EVENT, exclusion=LAST_DAY)
    assert due_out(person, NOW - DAY) is None
