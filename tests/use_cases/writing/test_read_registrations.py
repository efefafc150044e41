"""A report that is longer than a run: it is carried on, and nobody is missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.ports.readings import MOST_PLACE
from shared.use_cases.writing.read_registrations import BUDGET, read_registrations
from tests.support.course import member, states
from tests.support.enrolments import NOW, SCOPE
from tests.support.stage import Stage, a_stage, an_id

DAY = timedelta(days=1)
PAGES = "directory.registrations"


@dataclass
class Slow:
    """A clock on which each page takes a minute; everything else takes no time."""

    stage: Stage
    now: datetime = NOW

    def __call__(self) -> datetime:
        pages = self.stage.turns.points.count(PAGES)
        return self.now + timedelta(minutes=pages)


async def crowded(people: int, *, page: int = 2) -> Stage:
    """Everybody is in scope, seen, and registered; so far nobody has read that."""
    stage = a_stage()
    stage.tenant.page = page
    for number in range(people):
        stage.arrive(number, SCOPE)
        stage.tenant.registered.add(an_id(number))
    await stage.store(*(member(number, State.VISIBLE) for number in range(people)))
    return stage


def resettable(stage: Stage) -> int:
    return list(states(stage).values()).count(State.RESETTABLE)


async def run(stage: Stage, minutes: int) -> None:
    """A run of the function that may read for so many minutes, a page in each."""
    await read_registrations(stage.world, Slow(stage), timedelta(minutes=minutes))


async def test_a_run_reads_for_a_while_and_the_next_goes_on_where_it_ended() -> None:
    stage = await crowded(10)
    seen = []
    for _ in range(3):
        await run(stage, 2)
        seen.append((resettable(stage), await stage.another().readings.current() is not None))
    assert seen == [(4, True), (8, True), (10, False)]
    assert stage.turns.points.count(PAGES) == 5


async def test_the_next_report_begins_at_its_beginning() -> None:
    stage = await crowded(4)
    await run(stage, 9)
    stage.tenant.registered.discard(an_id(0))
    await run(stage, 9)
    assert (await stage.person(0)).state is State.LOST


async def test_a_run_reads_one_page_at_least() -> None:
    stage = await crowded(6)
    for _ in range(3):
        await run(stage, 0)
    assert resettable(stage) == 6


async def test_a_place_that_was_forgotten_costs_a_reading_anew_and_nobody() -> None:
    stage = await crowded(6)
    await run(stage, 2)
    stage.tenant.places.clear()
    await run(stage, 9)
    assert resettable(stage) == 6
    assert await stage.another().readings.current() is None


async def test_who_is_in_a_part_that_is_yet_to_be_read_is_not_late() -> None:
    stage = await crowded(4)
    clock = Slow(stage, NOW + DAY)
    await read_registrations(stage.world, clock, timedelta(minutes=1))
    late = [number for number in range(4) if (await stage.person(number)).flag]
    assert (resettable(stage), late) == (2, [])


async def test_who_is_in_no_part_is_late_once_all_have_been_read() -> None:
    stage = await crowded(4)
    await stage.store(member(9, State.VISIBLE))
    late = NOW + stage.world.tenant_rules.effective_within
    for _ in range(2):
        assert (await stage.person(9)).flag is None
        await read_registrations(stage.world, Slow(stage, late), timedelta(minutes=1))
    assert (await stage.person(9)).flag is Reason.NOT_EFFECTIVE


async def test_an_outage_in_the_middle_keeps_what_was_read_and_is_said() -> None:
    stage = await crowded(6)

    async def break_off() -> None:
        stage.turns.fail(PAGES, DirectoryUnavailable("away"))

    stage.turns.at(PAGES, break_off)
    with pytest.raises(DirectoryUnavailable):
        await run(stage, 9)
    assert resettable(stage) == 2
    await run(stage, 9)
    assert resettable(stage) == 6
    assert stage.turns.points.count(PAGES) == 4


async def test_whoever_dies_before_the_place_is_kept_reads_that_part_again() -> None:
    stage = await crowded(6)
    stage.turns.fail("readings.keep", LedgerConflict("died"))
    with pytest.raises(LedgerConflict):
        await run(stage, 1)
    await run(stage, 9)
    assert resettable(stage) == 6


async def test_a_place_that_no_row_could_hold_is_not_kept() -> None:
    stage = await crowded(4)
    stage.tenant.longest_place = MOST_PLACE + 1
    await run(stage, 1)
    assert await stage.another().readings.current() is None
    assert resettable(stage) == 2


def test_the_budget_leaves_half_of_the_functions_time_for_following() -> None:
    assert timedelta(minutes=15) >= BUDGET


@settings(deadline=None)
@given(
    people=st.integers(1, 12),
    page=st.integers(1, 4),
    runs=st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12),
)
async def test_nobody_is_missed_however_runs_end_and_places_are_forgotten(
    people: int, page: int, runs: Sequence[tuple[int, bool]]
) -> None:
    stage = await crowded(people, page=page)
    for minutes, forgets in runs:
        if forgets:
            stage.tenant.places.clear()
        await run(stage, minutes)
    # As soon as a reading comes to its end everybody has been followed, and it does end.
    for _ in range(2):
        await run(stage, people + 1)
    assert resettable(stage) == people
    assert await stage.another().readings.current() is None
