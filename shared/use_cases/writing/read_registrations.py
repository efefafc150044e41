"""Read registrations: the registration report in parts, and whoever it says something new of.

Graph gives 999 rows to a request and takes 5 requests in 10 s: a report of 900,000 rows takes half
an hour, which is all that a run of the function may take. So a run reads for a while, follows those
whom its part is about, and keeps the place at which the next run goes on.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import Registration
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import Reason
from shared.domain.person.registration import is_news
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.person.verification import Observation, verify
from shared.domain.rollout.sspr_shares import SharesSeen
from shared.domain.signals import ResetsLost
from shared.ports.readings import MOST_PLACE, Reading
from shared.ports.world import World
from shared.use_cases.anybody_in import is_anybody_in
from shared.use_cases.onboarding.adopt_arrivals import ACTOR
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.recording import nobody, save_people
from shared.use_cases.signalling import emit
from shared.use_cases.writing.count_enabled import EnabledCounting, count_part, counted_so_far

BUDGET = timedelta(minutes=15)
"""Half of what a run of the function may take; following the people takes the other."""
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Part:
    """What one run has read of the report."""

    begun_at: datetime
    """When the report's first page was read."""
    place: str | None
    """Where the next page is; None where it is the first, or there is none."""
    rows: dict[str, Registration] = field(default_factory=dict)
    is_last: bool = False
    trouble: DirectoryUnavailable | None = None
    """What ended the reading before its time."""


async def read_registrations(
    world: World, clock: Callable[[], datetime], budget: timedelta = BUDGET
) -> None:
    """Reads a part of the report, and follows whoever it says something new of.

    A registration is a present fact, so everybody in scope is compared with their row; the few of
    whom the report says something else than is remembered are loaded and saved. Where it is due,
    it is counted for whom SSPR is on, also while the rollout has put nobody in yet.

    Args:
        world: What may be reached.
        clock: Tells the time.
        budget: For how long pages are read; at least one is.

    Raises:
        DirectoryUnavailable, LedgerConflict: the next run goes on from the last place kept.
    """
    reading = await world.readings.current()
    counted = await counted_so_far(reading, world, clock())
    if not await is_anybody_in(world) and not (counted and await world.rollouts.current()):
        return
    rules = await policy_in_force(world)
    part = await _read(reading, world, clock, budget)
    if part.rows or part.is_last:
        counting = await count_part(part.rows, counted, world)
        await _follow(part, rules, counting, world, clock())
        counted = counting.total()
    if counted and part.is_last:
        await world.sspr_watch.keep_shares(counted)
    # After it was dealt with: whoever dies in between has the next run read this part again.
    await world.readings.keep(_kept(part, counted))
    if part.trouble:
        raise part.trouble


async def _read(
    reading: Reading | None, world: World, clock: Callable[[], datetime], budget: timedelta
) -> _Part:
    until = clock() + budget
    part = _Part(reading.begun_at if reading else clock(), reading.place if reading else None)
    try:
        async with aclosing(world.directory.registrations(part.place)) as pages:
            async for page in pages:
                part.rows.update(page.rows)
                part.place, part.is_last = page.following, page.following is None
                if clock() >= until:
                    break
    except DirectoryUnavailable as error:
        # What was read until then is not read in vain.
        part.trouble = error
    return part


def _kept(part: _Part, counted: SharesSeen | None) -> Reading | None:
    if part.place is None or part.is_last:
        return None
    if len(part.place) > MOST_PLACE:
        _log.warning("report-place-too-long", characters=len(part.place))
        return None
    return Reading(place=part.place, begun_at=part.begun_at, counted=counted)


async def _follow(
    part: _Part, rules: Policy, counting: EnabledCounting, world: World, now: datetime
) -> None:
    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        if current is None or not current.state.is_seen:
            return current
        return verify(current, Observation(True, part.rows.get(key)), rules, now)

    lost: Counter[Reason] = Counter()
    try:
        async for page in world.ledger.summaries():
            counting.take(page)
            states = {one.key: one.state for one in page if _is_to_follow(one, part, rules, now)}
            if states:
                after = await save_people(
                    world, states.keys(), decide, actor=ACTOR, now=now, queue=nobody
                )
                lost += _newly_lost(states, after)
    finally:
        # Those who were saved are not told of by the next reading, whatever ended this one.
        emit(ResetsLost(reason=reason, people=people) for reason, people in sorted(lost.items()))


def _newly_lost(before: Mapping[str, State], after: Mapping[str, Enrolment]) -> Counter[Reason]:
    return Counter(
        after[key].reason
        for key, state in before.items()
        if state is not State.LOST and key in after and after[key].state is State.LOST
    )


def _is_to_follow(person: EnrolmentSummary, part: _Part, rules: Policy, now: datetime) -> bool:
    row = part.rows.get(person.key)
    if person.state is State.VISIBLE:
        # May be late, whatever the report says or does not say; once it has been read to its end.
        return row is not None or part.is_last
    return row is not None and is_news(person.state, person.held, row, rules.resets, now.date())
