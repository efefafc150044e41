"""What gates ask of the machinery is watched in every phase, and told for as long as it fails."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from structlog.typing import EventDict

from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.enrolment import State
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.state import Phase
from shared.domain.rollout.watch import EVERY, Watch
from shared.use_cases.rollout.watch_conditions import watch_conditions
from tests.support.course import member, ring, set_up, standing
from tests.support.enrolments import NOW
from tests.support.stage import Stage, a_stage, an_id, said
from tests.support.waves import HOUR, MINUTE, document, sight, wave

STANDARD = [kind.gate() for kind in GATES.values() if kind.standard]
RESETS = GATES["writebackFailures"].gate(minimum_sample=0)
OTHERS = [one for one in STANDARD if one.kind != RESETS.kind]
OF = document(wave("pilot", *OTHERS, RESETS, selection=ring(1)), wave("all", *OTHERS, RESETS))
FAILED, SUCCEEDED = ResetOutcome.WRITEBACK_FAILED, ResetOutcome.SUCCEEDED


async def looks(stage: Stage, at: datetime, times: int = 1) -> Watch:
    """So many looks, each when it is due; the newest."""
    for number in range(times):
        await watch_conditions(stage.world, at + number * EVERY)
    watch = await stage.another().rollouts.watch()
    assert watch
    return watch


def failing(watch: Watch) -> list[str]:
    return [one.gate for one in watch.failing]


def resets(stage: Stage, outcome: ResetOutcome, *times: datetime) -> None:
    stage.tenant.resets += [Reset(at, an_id(1), outcome) for at in times]


@pytest.mark.parametrize("phase", Phase)
async def test_a_worker_that_ad_does_not_answer_is_told_of_in_every_phase(
    stage: Stage, signals: list[EventDict], phase: Phase
) -> None:
    """Once it has failed for as long as its gate has patience; and the phase stays as it is."""
    started = 0 if phase is Phase.PLANNED else 2
    await set_up(stage, standing(OF, phase, started), 3)
    later = NOW + 10 * EVERY
    await stage.world.workers.sighted([sight(later, directory_answers=False)])
    assert failing(await looks(stage, later, times=2)) == []
    assert said(signals, "condition-failed") == []
    assert failing(await looks(stage, later + 2 * EVERY)) == ["workerAlive"]
    (told,) = said(signals, "condition-failed")
    assert (told["gate"], told["phase"]) == ("workerAlive", phase)
    assert told["since"] == later.isoformat()
    stored = await stage.another().rollouts.current()
    assert stored
    assert stored.rollout == standing(OF, phase, started)


async def test_where_there_is_no_rollout_the_standard_gates_are_watched(
    stage: Stage, signals: list[EventDict]
) -> None:
    """Events enrol people without one."""
    await stage.world.workers.sighted([sight(NOW, directory_answers=False)])
    await stage.store(member(1, State.REQUESTED, claims=(), flag=Reason.NOT_WRITTEN))
    assert failing(await looks(stage, NOW, times=3)) == ["workerAlive", "backlog"]
    assert {one["phase"] for one in said(signals, "condition-failed") if "phase" in one} == set()


async def test_a_worker_that_was_never_there_is_missed_by_a_rollout_alone(stage: Stage) -> None:
    """Else the first thing that a deployment does is to raise an alarm."""
    watch = await looks(stage, NOW, times=9)
    assert [one.gate for one in watch.conditions] == ["backlog", "writebackFailures"]
    await set_up(stage, standing(OF, Phase.COMPLETED, 2), 3)
    assert failing(await looks(stage, NOW + 9 * EVERY, times=3)) == ["workerAlive"]


async def test_where_no_worker_is_needed_none_is_missed() -> None:
    stage = a_stage(topology=Topology.CLOUD)
    await set_up(stage, standing(OF, Phase.COMPLETED, 2), 3)
    assert failing(await looks(stage, NOW, times=9)) == []


async def test_a_failed_sync_is_told_of_until_one_has_succeeded(stage: Stage) -> None:
    """However long ago it failed, and whatever phase the rollout has come to since."""
    await set_up(stage, standing(OF, Phase.COMPLETED, 2), 3)
    await looks(stage, NOW)
    failed = sight(NOW + MINUTE, sync_succeeded=False, sync_ended_at=NOW + MINUTE)
    await stage.world.workers.sighted([failed])
    at = NOW + EVERY
    assert "sync" in failing(await looks(stage, at, times=3))
    await stage.applies(replace(standing(OF, Phase.PAUSED, 2), since=at + 3 * EVERY))
    at += 20 * EVERY
    await stage.world.workers.sighted([replace(failed, seen_at=at)])
    assert failing(await looks(stage, at)) == ["sync"]
    mended = replace(failed, seen_at=at, sync_succeeded=True, sync_ended_at=at)
    await stage.world.workers.sighted([mended])
    assert failing(await looks(stage, at + EVERY)) == []


async def test_a_refused_password_is_told_of_until_others_are_written(stage: Stage) -> None:
    """Neither the window's end nor a pause or a resume is a sign that the fault is over."""
    stage.arrive(1)
    await stage.store(member(1, State.RESETTABLE))
    await set_up(stage, standing(OF, Phase.SOAKING, 1), 3)
    await looks(stage, NOW - EVERY)
    resets(stage, FAILED, NOW - MINUTE)
    assert failing(await looks(stage, NOW)) == ["writebackFailures"]
    await stage.applies(replace(standing(OF, Phase.COMPLETED, 2), since=NOW + MINUTE))
    at = NOW + 50 * HOUR
    watch = await looks(stage, at)
    assert failing(watch) == ["writebackFailures"]
    (condition,) = watch.failing
    assert condition.failing_since == NOW
    assert condition.text.count("nothing has shown since that it is over") == 1
    resets(stage, SUCCEEDED, at + MINUTE)
    assert failing(await looks(stage, at + EVERY)) == []


async def test_after_many_failures_those_that_followed_the_last_one_count(stage: Stage) -> None:
    """Else an alarm would last for as long as the window, though the fault was mended at once."""
    stage.arrive(1)
    await stage.store(member(1, State.RESETTABLE))
    await set_up(stage, standing(OF, Phase.COMPLETED, 2), 3)
    await looks(stage, NOW - EVERY)
    resets(stage, FAILED, *(NOW - number * MINUTE for number in range(1, 4)))
    resets(stage, SUCCEEDED, NOW)
    assert failing(await looks(stage, NOW)) == ["writebackFailures"]
    resets(stage, SUCCEEDED, *(NOW + number * MINUTE for number in range(1, 4)))
    assert failing(await looks(stage, NOW + EVERY)) == []


async def test_a_gate_that_a_document_leaves_out_is_not_watched(stage: Stage) -> None:
    bare = document(wave("pilot", selection=ring(1)))
    await set_up(stage, standing(bare, Phase.COMPLETED, 1), 3)
    assert (await looks(stage, NOW)).conditions == ()


async def test_while_graph_is_away_the_worker_is_watched_all_the_same(
    stage: Stage, signals: list[EventDict]
) -> None:
    """What Graph tells of stays as it was found, and the clock hears that it is away."""
    await stage.store(member(1, State.RESETTABLE))
    await set_up(stage, standing(OF, Phase.COMPLETED, 2), 3)
    await looks(stage, NOW - EVERY)
    resets(stage, FAILED, NOW - MINUTE)
    await stage.world.workers.sighted([sight(NOW, directory_answers=False)])
    assert failing(await looks(stage, NOW)) == ["writebackFailures"]
    for number in (1, 2):
        stage.turns.fail("directory.resets", DirectoryUnavailable("Graph is away"))
        with pytest.raises(DirectoryUnavailable):
            await watch_conditions(stage.world, NOW + number * EVERY)
    watch = await stage.another().rollouts.watch()
    assert watch
    assert sorted(failing(watch)) == ["workerAlive", "writebackFailures"]
    assert {one["gate"] for one in said(signals, "condition-failed")} == set(failing(watch))


async def test_between_two_looks_nothing_is_asked(stage: Stage) -> None:
    await looks(stage, NOW)
    stage.turns.points.clear()
    await watch_conditions(stage.world, NOW + EVERY - timedelta(seconds=1))
    assert stage.turns.points == ["rollouts.watch"]


async def test_a_quiet_day_has_nothing_to_tell(stage: Stage, signals: list[EventDict]) -> None:
    await set_up(stage, standing(OF, Phase.COMPLETED, 2), 3)
    for hour in range(24):
        at = NOW + hour * HOUR
        await stage.world.workers.sighted([sight(at, sync_succeeded=True, sync_ended_at=at)])
        await looks(stage, at)
    assert signals == []


SMALL = document(wave("pilot", GATES["writebackFailures"].gate(), selection=ring(1, 2)))
"""A gate that says nothing of its sample, as most: it needs five resets before it fails."""


async def a_small_tenant(stage: Stage) -> None:
    for number in (1, 2):
        stage.arrive(number)
        await stage.store(member(number, State.RESETTABLE))
    await set_up(stage, standing(SMALL, Phase.COMPLETED, 1), 3)
    await looks(stage, NOW - 100 * HOUR)


def tried(stage: Stage, person: int, outcome: ResetOutcome, at: datetime) -> None:
    stage.tenant.resets.append(Reset(at, an_id(person), outcome))


async def test_in_a_small_tenant_two_people_of_whom_nobody_succeeds_are_told(stage: Stage) -> None:
    """Given days between them: no day ever has the five resets that a share is judged by."""
    await a_small_tenant(stage)
    tried(stage, 1, FAILED, NOW - 70 * HOUR)
    assert failing(await looks(stage, NOW - 69 * HOUR)) == []
    tried(stage, 2, FAILED, NOW - HOUR)
    assert failing(await looks(stage, NOW)) == ["writebackFailures"]
    # The fault goes on, and nobody tries any more.
    assert failing(await looks(stage, NOW + 300 * HOUR)) == ["writebackFailures"]


async def test_one_person_s_refused_password_rings_nothing_however_often_they_try(
    stage: Stage,
) -> None:
    await a_small_tenant(stage)
    for number in range(4):
        tried(stage, 1, FAILED, NOW - (number + 1) * HOUR)
    assert failing(await looks(stage, NOW)) == []


async def test_who_succeeds_in_between_shows_that_the_writeback_works(stage: Stage) -> None:
    await a_small_tenant(stage)
    tried(stage, 1, FAILED, NOW - 3 * HOUR)
    tried(stage, 1, SUCCEEDED, NOW - 2 * HOUR)
    tried(stage, 2, FAILED, NOW - HOUR)
    assert failing(await looks(stage, NOW)) == []


async def test_it_is_over_with_the_first_that_is_written(stage: Stage) -> None:
    await a_small_tenant(stage)
    tried(stage, 1, FAILED, NOW - 2 * HOUR)
    tried(stage, 2, FAILED, NOW - HOUR)
    assert failing(await looks(stage, NOW)) == ["writebackFailures"]
    tried(stage, 2, SUCCEEDED, NOW + MINUTE)
    assert failing(await looks(stage, NOW + EVERY)) == []


async def test_what_is_older_than_a_week_proves_nothing_of_today(stage: Stage) -> None:
    await a_small_tenant(stage)
    tried(stage, 1, FAILED, NOW - 90 * HOUR)
    tried(stage, 2, FAILED, NOW + 100 * HOUR)
    assert failing(await looks(stage, NOW + 101 * HOUR)) == []
