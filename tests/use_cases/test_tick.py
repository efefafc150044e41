"""The minute's work: each part has its turn, and nothing that failed is hidden."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import Claim, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Phase
from shared.use_cases.in_turn import all_in_turn
from shared.use_cases.tick import tick
from tests.support.enrolments import BREAK_GLASS, NOW, SCOPE, enrolment
from tests.support.stage import Stage, an_id
from tests.support.waves import rollout


class Works:
    """Pieces of work that note their turns, and fail as they are told."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def named(self, name: str, error: Exception | None = None) -> Callable[[], Awaitable[None]]:
        async def work() -> None:
            self.done.append(name)
            if error:
                raise error

        return work


async def test_each_has_its_turn_in_their_order() -> None:
    works = Works()
    await all_in_turn([works.named("a"), works.named("b"), works.named("c")])
    assert works.done == ["a", "b", "c"]


async def test_one_that_fails_keeps_no_other_from_its_turn_and_is_raised_as_it_is() -> None:
    works, error = Works(), DirectoryUnavailable("Graph is away")
    with pytest.raises(DirectoryUnavailable) as raised:
        await all_in_turn([works.named("a", error), works.named("b"), works.named("c")])
    assert raised.value is error
    assert works.done == ["a", "b", "c"]


async def test_all_that_fail_are_raised_together() -> None:
    works, first, last = Works(), DirectoryUnavailable("Graph"), LedgerConflict("rows")
    with pytest.raises(ExceptionGroup) as raised:
        await all_in_turn([works.named("a", first), works.named("b"), works.named("c", last)])
    assert raised.value.exceptions == (first, last)
    assert works.done == ["a", "b", "c"]


async def test_a_tick_follows_up_asks_again_and_moves_the_rollout_on(stage: Stage) -> None:
    stage.arrive(1, SCOPE)
    stage.arrive(2)
    stage.arrive(3, BREAK_GLASS, administrator=True)
    user = UserRef(object_id=an_id(1))
    applied = enrolment(
        State.APPLIED,
        key=an_id(1),
        user=user,
        source_of_authority=SourceOfAuthority.CLOUD,
    )
    waiting = replace(
        applied.moved(State.WAITING, Reason.HIRE_DATE_AHEAD, NOW),
        key=an_id(2),
        user=UserRef(object_id=an_id(2)),
        due=NOW,
        claims=(Claim(applied.cause),),
    )
    await stage.store(applied, waiting)
    await stage.applies(rollout(Phase.PLANNED, started=0))
    await tick(stage.world, lambda: NOW)
    assert (await stage.person(1)).state is State.VISIBLE
    assert (await stage.person(2)).state is State.REQUESTED
    stored = await stage.world.rollouts.current()
    assert stored is not None
    assert stored.rollout.started == 1


async def test_a_tick_without_anything_to_do_does_nothing(stage: Stage) -> None:
    await tick(stage.world, lambda: NOW)
    assert not [point for point in stage.turns.points if point.startswith("directory")]
    written = [point for point in stage.turns.points if point.endswith("done")]
    assert written[1:] == ["rollouts.keep_watch done"] * 4


async def test_an_outage_of_entra_keeps_nobody_from_being_asked_for_again(stage: Stage) -> None:
    """The first part of the tick fails; the second has its turn all the same."""
    stage.turns.fail("ledger.provisional", LedgerConflict("busy"))
    with pytest.raises(LedgerConflict):
        await tick(stage.world, lambda: NOW)
    assert "ledger.in_state" in stage.turns.points
    assert "rollouts.current" in stage.turns.points
