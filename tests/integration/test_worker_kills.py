"""A worker that is killed at the worst moments: nobody is lost, and nobody is done twice.

Three kills at each; `python -m tests.support.worker_ordeal kills` does thirty and more.
"""

from collections.abc import Iterator

import pytest

from sandbox.testing.domain_controller_process import Controller
from tests.support.worker_faults import Counted
from tests.support.worker_ordeal import Moment, Ordeal, ordeal


@pytest.fixture(scope="module")
def made(controller: Controller, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ordeal]:
    with ordeal(tmp_path_factory.mktemp("ordeal"), controller) as made:
        yield made


@pytest.mark.parametrize("moment", [one for one in Moment if one is not Moment.ANY])
def test_after_kills_every_command_is_answered_as_done_once(made: Ordeal, moment: Moment) -> None:
    for _ in range(3):
        made.kill(moment)
    with made.worker():
        total = len(made.commands)
        assert made.counted() == Counted(answered=total, lost=0, doubled=0)
    assert made.rig.directory.members() == sorted(made.people)


def test_between_intent_and_write_the_journal_has_it_and_ad_has_not(made: Ordeal) -> None:
    """Given a kill at that moment, then it is that moment: else the test above proves nothing."""
    made.kill(Moment.BEFORE_WRITE)
    assert made.intended() == 2
    assert not set(made.people[-2:]) & set(made.rig.directory.members())
