"""Foresee: what the worker found about a wave's people in AD, and asking it about the rest."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from shared.domain.person.enrolment import Enrolment
from shared.domain.person.policy import SourceOfAuthority, Topology
from shared.domain.person.preflight import Preflight, Verdict
from shared.domain.rollout.gates.look import JUDGED
from shared.domain.rollout.measurements import Foretold
from shared.domain.rollout.state import Rollout
from shared.ports.world import World
from shared.use_cases.check_people import ANSWERED_WITHIN, ToCheck, ask_about

MOST_ASKED_AT_ONCE = 2_000
"""People; a larger wave is asked about in several looks."""
_ACTOR = "clock"


async def foresee(
    waves: Collection[str] | None, window: timedelta, world: World, now: datetime
) -> Foretold:
    """Counts what was found within the window about these waves' people of AD; None: nobody's."""
    people = await _people(waves or (), world)
    found = await world.preflights.find([one.key for one in people])
    fresh = [one for one in found.values() if _is_fresh(one, window, now)]
    verdicts = [one.verdict for one in fresh]
    return Foretold(
        people=len(people),
        refused=verdicts.count(Verdict.REFUSED),
        fine=verdicts.count(Verdict.FINE),
    )


async def ask_about_wave(rollout: Rollout, window: timedelta, world: World, now: datetime) -> None:
    """Asks the worker about those of whom nothing was found within the window.

    By the first look in each quarter of an hour: for so long a question waits for its answer.

    Raises:
        ServiceUnavailable: the ledger or the queue is away; the next look asks.
    """
    if now - _quarter(now) >= rollout.document.evaluate_every:
        return
    wave = rollout.wave
    people = {one.key: one for one in await _people([wave.name] if wave else (), world)}
    found = await world.preflights.find(people)
    known = {one.key for one in found.values() if _is_fresh(one, window, now)}
    unknown = sorted(people.keys() - known)[:MOST_ASKED_AT_ONCE]
    if unknown:
        asked = [ToCheck(key, people[key].user) for key in unknown]
        await ask_about(asked, world, now, actor=_ACTOR)


async def _people(waves: Collection[str], world: World) -> Sequence[Enrolment]:
    """Returns the waves' people who count, as far as their password is one of AD."""
    if world.tenant_rules.topology is Topology.CLOUD:
        return ()
    return [
        one
        for wave in waves
        for one in await world.ledger.in_wave(wave)
        if one.state in JUDGED
        and (one.account or one.source_of_authority) is SourceOfAuthority.ON_PREMISES
    ]


def _is_fresh(found: Preflight, window: timedelta, now: datetime) -> bool:
    return now - found.seen_at <= window


def _quarter(now: datetime) -> datetime:
    """Returns when the quarter of an hour began."""
    seconds = now.timestamp()
    return now - timedelta(seconds=seconds % ANSWERED_WITHIN.total_seconds())
