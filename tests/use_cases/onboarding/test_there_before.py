"""Whoever was in before the product is in as before once nothing keeps them out any more."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

import pytest

from shared.contracts.api.forget_views import ForgetView
from shared.contracts.api.operation_orders import ForgetOrder
from shared.domain.person.enrolment import Provenance, State
from shared.domain.person.membership import found
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Phase
from shared.use_cases.onboarding.override_person import exclude, release
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.rollout.forget_events import forget_events
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.tick import tick
from tests.support.course import Clock, asks, set_up, standing, ungated, write_all
from tests.support.enrolments import DAY, HOUR, NOW, SCOPE
from tests.support.stage import Stage, a_stage, an_id, messages, upn_of
from tests.support.waves import document

END = NOW + 2 * DAY
"""When what was said is over or taken back; by then they are flagged, and looked for rarely."""

type Say = Callable[[Stage], Awaitable[object]]


async def _excluded(stage: Stage, until: datetime | None = None) -> None:
    await exclude("1", stage.another(), NOW, actor="ada", reason="on leave", until=until)


async def _released(stage: Stage) -> None:
    await release("1", stage.another(), END, actor="ada", reason="back")


async def _excluded_until(stage: Stage) -> None:
    await _excluded(stage, END)


async def _nothing(_: Stage) -> None:
    """It is over by itself."""


async def _offboarded(stage: Stage) -> None:
    body = {"employeeId": "1", "action": "offboard"}
    await take_events(messages(body, enqueued_at=NOW), stage.another(), NOW)


async def forgotten(stage: Stage, plan: str | None = None) -> ForgetView:
    order = ForgetOrder(reason="a mistake", people=(upn_of(1),), plan=plan)
    return await forget_events(order, asks(order), stage.another(), END)


async def _forgotten(stage: Stage) -> None:
    view = await forgotten(stage)
    assert {one.reason for one in view.outcomes} == {"was-there-before"}
    await forgotten(stage, view.fingerprint)


WORDS: dict[str, tuple[Say, Say]] = {
    "excluded and released": (_excluded, _released),
    "excluded until a day": (_excluded_until, _nothing),
    "offboarded by mistake": (_offboarded, _forgotten),
}


async def goes_on(stage: Stage, now: datetime) -> None:
    await tick(stage.another(), Clock(now))
    await reconcile(stage.another(), Clock(now))
    await write_all(stage, now)


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("rollout", [True, False], ids=["in a rollout", "without one"])
@pytest.mark.parametrize("topology", Topology)
async def test_who_was_there_before_is_a_member_again_and_nothing_is_written(
    topology: Topology, word: str, *, rollout: bool
) -> None:
    stage = a_stage(topology=topology)
    if rollout:
        waves = replace(document(ungated("pilot", 2)), topology=topology)
        await set_up(stage, standing(waves, Phase.COMPLETED, 1), 2)
    person = stage.arrive(1, synced=topology is not Topology.CLOUD)
    stage.tenant.join(SCOPE, an_id(1))
    await stage.store(found(person, stage.world.tenant_rules, NOW, actor="clock"))
    said, taken_back = WORDS[word]

    await said(stage)
    for now in (NOW + HOUR, NOW + DAY, END - HOUR):
        await goes_on(stage, now)
    kept_out = await stage.person(1)
    assert (kept_out.state, kept_out.flag) == (State.WITHDRAWING, Reason.MEMBERSHIP_NOT_OURS)
    await taken_back(stage)
    await goes_on(stage, END)

    back = await stage.person(1)
    assert an_id(1) in stage.scope
    assert (back.state, back.provenance, back.flag) == (
        State.VISIBLE,
        Provenance.PREEXISTING,
        None,
    )


async def test_who_was_there_before_and_is_gone_by_then_stays_out(stage: Stage) -> None:
    """Given somebody whom others took out meanwhile, a forgotten offboarding brings nobody in."""
    person = stage.arrive(1)
    stage.tenant.join(SCOPE, an_id(1))
    await stage.store(found(person, stage.world.tenant_rules, NOW, actor="clock"))
    await _offboarded(stage)
    stage.tenant.leave(SCOPE, an_id(1))
    view = await forgotten(stage)
    assert {one.reason for one in view.outcomes} == {"stays-out"}
    await forgotten(stage, view.fingerprint)
    for now in (END, END + HOUR, END + DAY):
        await goes_on(stage, now)
    assert (await stage.person(1)).state is State.WITHDRAWN
