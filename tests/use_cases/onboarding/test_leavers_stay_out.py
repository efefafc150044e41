"""A leaver stays out when what an operator said of them is over or taken back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.person.brake import Brake, Brakes, Rate
from shared.domain.person.enrolment import State
from shared.domain.person.policy import Topology
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action
from shared.domain.rollout.document import DriftAction
from shared.domain.rollout.state import Phase
from shared.use_cases.decide_held_events import list_held_events
from shared.use_cases.onboarding.look_again import look_again
from shared.use_cases.onboarding.override_person import exclude, include, release
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.tick import tick
from shared.use_cases.views.describe_kept_out import list_kept_out
from shared.use_cases.views.describe_people import person_view
from shared.use_cases.writing.follow_up import follow_up
from tests.support.course import Clock, set_up, standing, ungated, write_all
from tests.support.enrolments import DAY, HOUR, NOW, request
from tests.support.stage import Stage, a_stage, an_id, messages
from tests.support.waves import document

SAID: dict[str, Any] = {"actor": "ada", "reason": "to be sure"}
END = NOW + DAY

type Say = Callable[[Stage], Awaitable[object]]


async def hears(stage: Stage, action: str, after: timedelta) -> None:
    body = {"employeeId": "1", "action": action}
    then = NOW + after
    await take_events(messages(body, enqueued_at=then), stage.another(), then)


async def reconciled(stage: Stage, after: timedelta) -> None:
    now = NOW + after
    await reconcile(stage.another(), Clock(now))
    await write_all(stage, now)
    await follow_up(stage.another(), now)
    await follow_up(stage.another(), now + HOUR)


async def a_leaver(stage: Stage) -> None:
    """Somebody whom a wave that has begun would take, and who has left."""
    await set_up(stage, standing(document(ungated("all", 1, 2, 3)), Phase.COMPLETED, 1), 3)
    await hears(stage, "onboard", timedelta())
    await reconciled(stage, HOUR / 2)
    await hears(stage, "offboard", HOUR)
    await reconciled(stage, 2 * HOUR)
    assert an_id(1) not in stage.scope


async def _with_a_release(stage: Stage, say: Callable[..., Awaitable[object]]) -> None:
    await say("1", stage.another(), NOW + 4 * HOUR, **SAID)
    await reconciled(stage, 5 * HOUR)
    for_good = (await stage.person(1)).is_barred
    await release("1", stage.another(), NOW + 6 * HOUR, **SAID, for_good=for_good)


async def _until_its_end(stage: Stage, say: Callable[..., Awaitable[object]]) -> None:
    await say("1", stage.another(), NOW + 4 * HOUR, **SAID, until=END)
    await reconciled(stage, 5 * HOUR)


WORDS: dict[str, Say] = {
    "exclude and release": partial(_with_a_release, say=exclude),
    "exclude for a time": partial(_until_its_end, say=exclude),
    "exclude for good and release": partial(_with_a_release, say=partial(exclude, for_good=True)),
    "include and release": partial(_with_a_release, say=include),
    "include for a time": partial(_until_its_end, say=include),
}


@pytest.mark.parametrize("word", WORDS)
async def test_a_leaver_is_out_once_an_operator_s_word_is_over_though_a_wave_would_take_them(
    stage: Stage, word: str
) -> None:
    """Given a leaver of whom an operator has spoken, whoever comes back by HR's word comes back."""
    await a_leaver(stage)
    await WORDS[word](stage)
    await reconciled(stage, 2 * DAY)
    await reconciled(stage, 3 * DAY)
    gone = await stage.person(1)
    assert (an_id(1) in stage.scope, gone.state) == (False, State.WITHDRAWN)
    exclusion = person_view(gone, NOW + 3 * DAY).exclusion
    assert exclusion is not None
    assert (exclusion.reason, exclusion.over) == (Reason.OFFBOARDED, False)
    assert (await list_kept_out(None, stage.another(), NOW + 3 * DAY)).people == ()

    await hears(stage, "onboard", 4 * DAY)
    await reconciled(stage, 4 * DAY + HOUR)
    back = await stage.person(1)
    assert (an_id(1) in stage.scope, back.leaving) == (True, None)


async def test_whom_an_operator_keeps_out_for_a_time_stays_out_till_then_when_they_are_hired_again(
    stage: Stage,
) -> None:
    await a_leaver(stage)
    await exclude("1", stage.another(), NOW + 3 * HOUR, **SAID, until=END)
    await hears(stage, "onboard", 4 * HOUR)
    await reconciled(stage, 5 * HOUR)
    assert an_id(1) not in stage.scope
    await reconciled(stage, 2 * DAY)
    assert an_id(1) in stage.scope


async def test_what_an_operator_said_for_a_time_ends_then_however_often_it_was_carried_out(
    stage: Stage,
) -> None:
    """Given somebody included for a time whom a rule takes out and lets in again meanwhile."""
    await set_up(stage, standing(document(ungated("pilot", 2)), Phase.COMPLETED, 1), 3)
    await include("1", stage.another(), NOW, **SAID, until=END)
    await reconciled(stage, HOUR)
    stage.arrive(1, enabled=False)
    await reconciled(stage, 3 * HOUR)
    assert an_id(1) not in stage.scope
    stage.arrive(1)
    await reconciled(stage, 6 * HOUR)
    (claim,) = (await stage.person(1)).claims
    assert (an_id(1) in stage.scope, claim.until, claim.cause.actor) == (True, END, "ada")
    await reconciled(stage, 2 * DAY)
    assert an_id(1) not in stage.scope


LAST_DAY_IS_OVER = NOW + 5 * DAY


async def _waits_and_leaves(stage: Stage) -> None:
    """Somebody who is in no directory yet, and has been told to leave on a day that is ahead."""
    day = {"effectiveDate": (NOW + 3 * DAY).date().isoformat()}
    bodies = {NOW: {"action": "onboard"}, NOW + DAY: {"action": "offboard"} | day}
    for then, body in bodies.items():
        told = messages({"employeeId": "1"} | body, enqueued_at=then)
        await take_events(told, stage.another(), then)
    assert (await stage.person("employee:1")).state is State.WAITING


async def _arrives(stage: Stage) -> None:
    stage.arrive(1)
    await ticks(stage, 6 * DAY)


async def _is_reminded(stage: Stage) -> None:
    """The message of the last day, which waits on the queue until then, is delivered."""
    stage.broker.pass_time(9 * DAY)
    again = stage.deliver(ONBOARDING_EVENTS, enqueued_at=LAST_DAY_IS_OVER)
    assert again
    full = replace(stage.another(), brakes=Brakes(others=Brake(Rate(0), Rate(0))))
    await take_events(again, full, NOW + 7 * DAY)
    assert (await list_held_events("", stage.another())).events == ()


async def ticks(stage: Stage, after: timedelta) -> None:
    await tick(stage.another(), Clock(NOW + after))
    await write_all(stage, NOW + after)


@pytest.mark.parametrize("rollout", [True, False], ids=["in a rollout", "without one"])
@pytest.mark.parametrize(
    "course",
    [[_arrives], [_is_reminded, _arrives], [_arrives, _is_reminded]],
    ids=["the message is lost", "it comes before them", "it comes after them"],
)
async def test_whose_last_day_is_over_before_they_arrive_is_never_put_in(
    course: list[Say], *, rollout: bool
) -> None:
    """Given a leaver who waits, whatever becomes of the message of the last day, they stay out.

    It is not counted by the brake a second time.
    """
    stage = a_stage(topology=Topology.CLOUD)
    if rollout:
        waves = replace(document(ungated("all", 2)), topology=Topology.CLOUD)
        await set_up(stage, standing(waves, Phase.COMPLETED, 1), 2)
        stage.tenant.remove(an_id(1))
    await _waits_and_leaves(stage)
    await ticks(stage, 5 * DAY)
    for happens in course:
        await happens(stage)
        assert an_id(1) not in stage.scope
    for hours in range(1, 5):
        await ticks(stage, 8 * DAY + hours * HOUR)
    gone = await stage.person(1)
    assert (an_id(1) in stage.scope, gone.state) == (False, State.WITHDRAWN)
    assert gone.leaving is not None


async def test_a_listing_of_somebody_who_leaves_lifts_no_last_day() -> None:
    """Given a leaver who waits, when HR lists them once more with their day, they stay a leaver."""
    stage = a_stage(topology=Topology.CLOUD)
    await _waits_and_leaves(stage)
    then = NOW + 2 * DAY
    listed = request(Action.LIST, identifier="1", occurred_at=then, effective_date=then)
    await look_again([listed], stage.another(), then)
    waits = await stage.person("employee:1")
    assert waits.leaving is not None
    assert waits.is_kept_out(LAST_DAY_IS_OVER)


@pytest.mark.parametrize("drift", DriftAction)
@pytest.mark.parametrize("topology", [Topology.CLOUD, Topology.NESTED])
async def test_a_leaver_of_whom_nobody_had_heard_is_taken_out_when_others_put_them_in(
    topology: Topology, drift: DriftAction
) -> None:
    """Where such drift is but reported, an operator has them taken out."""
    stage = a_stage(topology=topology)
    waves = replace(document(ungated("pilot", 2)), topology=topology, on_added_by_hand=drift)
    await set_up(stage, standing(waves, Phase.COMPLETED, 1), 9)
    await hears(stage, "offboard", timedelta())
    stage.tenant.join(stage.tenant.scope_group_id, an_id(1))
    await reconciled(stage, 3 * HOUR)
    if drift is DriftAction.REPORT:
        assert an_id(1) in stage.scope
        await exclude("1", stage.another(), NOW + 4 * HOUR, **SAID, take_out=True)
    await reconciled(stage, 5 * HOUR)
    gone = await stage.person(1)
    assert (an_id(1) in stage.scope, gone.state) == (False, State.WITHDRAWN)
