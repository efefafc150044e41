"""Measuring: the facts that a wave's gates are decided by, and no others."""

from datetime import timedelta

import pytest

from shared.domain.person.enrolment import State
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.rollout.gate import Gate
from shared.domain.rollout.measurements import Measurements
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.state import Phase, Rollout
from shared.use_cases.rollout.measure import measure
from tests.support.course import member, ring, standing
from tests.support.enrolments import NOW
from tests.support.stage import Stage, a_stage, an_id
from tests.support.waves import HOUR, MINUTE, document, gate, sight, wave

FAILED = ResetOutcome.WRITEBACK_FAILED


def soaking(*gates: Gate) -> Rollout:
    """A rollout whose first wave has these gates."""
    pilot = wave("pilot", *gates, selection=ring(1))
    return standing(document(pilot), Phase.SOAKING, 1)


async def measured(stage: Stage, *gates: Gate) -> Measurements:
    return await measure(soaking(*gates), stage.world, NOW)


async def test_only_the_current_waves_people_are_counted_by_state_and_flag(stage: Stage) -> None:
    await stage.store(
        member(1, State.VISIBLE),
        member(2, State.VISIBLE),
        member(3, State.APPLIED, flag=Reason.NOT_VISIBLE),
        member(4, State.VISIBLE, "early"),
        member(5, State.EFFECTIVE, claims=()),
        member(6, State.FAILED, claims=()),
    )
    found = await measured(stage, gate())
    assert found.people == {(State.VISIBLE, False): 2, (State.APPLIED, True): 1}
    assert found.in_scope == 5


async def test_before_a_wave_has_begun_there_is_nobody_to_count(stage: Stage) -> None:
    await stage.store(member(1, State.VISIBLE))
    planned = standing(document(wave("pilot", gate("blockedResets"))), Phase.PLANNED, 0)
    found = await measure(planned, stage.world, NOW)
    assert (found.people, found.resets, found.in_scope) == ({}, (), 1)


async def test_overdue_is_whoever_is_owed_a_write_and_flagged_whatever_the_wave(
    stage: Stage,
) -> None:
    await stage.store(
        member(1, State.REQUESTED, flag=Reason.NOT_WRITTEN),
        member(2, State.WITHDRAWING, "early", flag=Reason.NOT_WRITTEN),
        member(3, State.REQUESTED),
        member(4, State.APPLIED, flag=Reason.NOT_VISIBLE),
    )
    assert (await measured(stage, gate())).overdue == 2


async def test_graph_is_asked_for_resets_only_where_a_gate_goes_by_them(stage: Stage) -> None:
    await measured(stage, gate(), gate("backlog"))
    assert "directory.resets" not in stage.turns.points


async def test_resets_are_those_of_people_in_scope_within_the_longest_window(stage: Stage) -> None:
    await stage.store(
        member(1, State.EFFECTIVE), member(2, State.WITHDRAWN), member(3, State.APPLIED)
    )
    stage.tenant.resets += [
        Reset(NOW - 2 * HOUR, an_id(1), FAILED),
        Reset(NOW - 3 * HOUR - MINUTE, an_id(1), FAILED),
        Reset(NOW - MINUTE, an_id(2), FAILED),
        Reset(NOW - MINUTE, an_id(3), ResetOutcome.BLOCKED),
        Reset(NOW - MINUTE, an_id(99), FAILED),
    ]
    found = await measured(
        stage,
        gate("writebackFailures", window=timedelta(hours=1)),
        gate("blockedResets", window=timedelta(hours=3)),
    )
    assert [(one.object_id, one.at) for one in found.resets] == [
        (an_id(1), NOW - 2 * HOUR),
        (an_id(3), NOW - MINUTE),
    ]


@pytest.mark.parametrize("topology", Topology)
async def test_a_worker_is_needed_where_there_is_an_ad_group(topology: Topology) -> None:
    stage = a_stage(topology=topology)
    found = await measured(stage, gate())
    assert found.needs_worker is (topology is not Topology.CLOUD)


@pytest.mark.parametrize("kind", ["workerAlive", "sync"])
async def test_workers_are_taken_as_they_were_last_heard_of(stage: Stage, kind: str) -> None:
    await stage.another().workers.sighted([sight(NOW), sight(NOW - HOUR)])
    assert (await measured(stage, gate(kind))).workers == (sight(NOW),)


async def test_workers_are_asked_for_only_where_a_gate_goes_by_them(stage: Stage) -> None:
    await measured(stage, gate(), gate("backlog"))
    assert "workers.sights" not in stage.turns.points
