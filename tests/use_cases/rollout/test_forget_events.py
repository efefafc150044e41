"""Events are forgotten: 500 hired by mistake come out, a mass offboarding is taken back."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.contracts.api.forget_views import ForgetView
from shared.contracts.api.operation_orders import ForgetOrder
from shared.contracts.messages.onboarding_event import Envelope, event_key
from shared.domain.errors import InvalidMessage, WorldChanged
from shared.domain.person.enrolment import CauseKind, State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Phase
from shared.ports.world import World
from shared.use_cases.message import Message
from shared.use_cases.onboarding.override_person import exclude
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.rollout import forget_events as forgetting
from shared.use_cases.rollout import look_up
from shared.use_cases.rollout.forget_events import forget_events
from shared.use_cases.rollout.operate import run_operations
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.views.describe_people import describe_event
from shared.use_cases.writing.stop_and_start import stop
from tests.support.course import (
    Clock,
    ask,
    asks,
    ids,
    in_state,
    operation_of,
    populate,
    queued,
    set_up,
    standing,
    states,
    ungated,
    write_all,
)
from tests.support.enrolments import HOUR, NOW
from tests.support.processes import ProcessDied, deaths, process
from tests.support.stage import Stage, a_stage, an_id, from_door, messages, said
from tests.support.waves import document

WHY = "HR hired a whole site by mistake"
MISTAKE = "hr/workday"


def sent(number: int, *, leaves: bool = False, source: str = MISTAKE, at: int = 0) -> Any:
    kind = "offboarded" if leaves else "onboarded"
    return from_door(
        {
            "specversion": "1.0",
            "id": f"{kind}-{number}-{at}",
            "source": source,
            "type": f"io.sspr-rollout.person.{kind}.v1",
            "time": (NOW + at * HOUR).isoformat(),
            "data": {"employeeId": str(number)},
        }
    )


def key_of(event: Any) -> str:
    return event_key(event, Envelope())


async def take(stage: Stage, *events: Any, after: timedelta = timedelta()) -> None:
    await take_events(messages(*events, enqueued_at=NOW + after), stage.another(), NOW + after)


async def forget(world: World, plan: str | None = None, **chosen: Any) -> ForgetView:
    order = ForgetOrder(reason=WHY, plan=plan, **chosen)
    asked = replace(asks(order), requested_at=NOW + HOUR)
    return await forget_events(order, asked, world, NOW + HOUR)


async def undo(stage: Stage, **chosen: Any) -> ForgetView:
    """Look, and have done what was shown."""
    seen = await forget(stage.another(), **chosen)
    return await forget(stage.another(), seen.fingerprint, **chosen)


def outcomes(view: ForgetView) -> dict[str, int]:
    return {one.reason: one.people for one in view.outcomes}


async def test_500_who_were_hired_by_mistake_are_taken_out_again(
    stage: Stage, signals: list[EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given 500 hired by a mistake, 100 more whom a brake holds, and one hired before.

    Then just the mistake's people come out, in portions, and the plan tells of those held.
    """
    monkeypatch.setattr(forgetting, "CHUNK", 200)
    people, mistaken = 601, 500
    populate(stage, people)
    await take(stage, sent(1, source="hr/bamboohr"), after=-2 * HOUR)
    await write_all(stage, NOW - 2 * HOUR)
    await take(stage, *(sent(number) for number in range(1, people + 1)), after=HOUR / 2)
    await write_all(stage, NOW + HOUR)
    assert len(in_state(stage, State.APPLIED)) == mistaken + 1

    seen = await forget(stage.another(), source="workday")
    assert (seen.people, seen.held, seen.done) == (mistaken + 1, 100, False)
    assert outcomes(seen) == {"taken-out": mistaken, "stays-in": 1}
    assert len(in_state(stage, State.APPLIED)) == mistaken + 1

    done = await forget(stage.another(), seen.fingerprint, source="workday")
    assert done == seen.model_copy(update={"done": True})
    assert in_state(stage, State.APPLIED) == ids([1])
    assert set(queued(stage).values()) == {1}
    assert said(signals, "events-forgotten") == [
        {"events": mistaken + 1, "people": mistaken + 1, "put_in": 0, "taken_out": mistaken}
    ]
    await write_all(stage, NOW + HOUR)
    assert stage.scope == ids([1])


async def test_a_mass_offboarding_is_taken_back(stage: Stage) -> None:
    """Given a wave's people, one hired by an event, and a mistake that offboards them all.

    Then they are in again, by what wanted them; reconciliation agrees, and a wave of later too.
    """
    of = document(ungated("pilot", 1, 2, 3))
    await set_up(stage, standing(of, Phase.COMPLETED, 1), 4)
    await reconcile(stage.another(), Clock())
    await take(stage, sent(4))
    await write_all(stage, NOW)
    everybody = ids([1, 2, 3, 4])
    assert stage.scope == everybody
    before = {key: (await stage.person(key)).claims for key in everybody}

    await take(stage, *(sent(number, leaves=True, at=1) for number in range(1, 5)), after=HOUR)
    await write_all(stage, NOW + HOUR)
    assert stage.scope == frozenset()

    done = await undo(stage, source=MISTAKE, since=NOW + HOUR / 2)
    assert outcomes(done) == {"put-in": 4}
    await write_all(stage, NOW + HOUR)
    assert stage.scope == everybody
    assert {key: (await stage.person(key)).claims for key in everybody} == before
    await reconcile(stage.another(), Clock(NOW + 2 * HOUR))
    assert in_state(stage, State.APPLIED) == everybody


async def test_whom_a_wave_means_stays_in_without_the_event(stage: Stage) -> None:
    """Given somebody hired by an event whom a wave that has begun would take, they keep theirs."""
    await set_up(stage, standing(document(ungated("pilot", 1)), Phase.COMPLETED, 1), 2)
    await take(stage, sent(1), sent(2))
    await write_all(stage, NOW)
    done = await undo(stage, source=MISTAKE)
    assert outcomes(done) == {"taken-out": 1, "stays-in": 1}
    assert (await stage.person(1)).state is State.APPLIED


async def test_a_forgotten_event_that_comes_again_does_nothing_and_says_so(stage: Stage) -> None:
    stage.arrive(1)
    await take(stage, sent(1))
    await undo(stage, keys=(key_of(sent(1)),))
    before = await stage.person(1)
    await take(stage, sent(1))
    assert await stage.person(1) == before
    event = await describe_event(key_of(sent(1)), stage.another(), NOW)
    assert event is not None
    assert event.outcome == Reason.FORGOTTEN
    await take(stage, sent(1, at=1), after=HOUR)
    assert (await stage.person(1)).state is State.REQUESTED


@pytest.mark.parametrize("name", ["1", an_id(1), "person1@contoso.test"])
async def test_people_are_named_as_everywhere(stage: Stage, name: str) -> None:
    stage.arrive(1)
    stage.arrive(2)
    await take(stage, sent(1), sent(2))
    done = await undo(stage, people=(name, "nobody"))
    assert (done.people, done.unknown) == (1, ("nobody",))
    assert states(stage) == {an_id(1): State.WITHDRAWING, an_id(2): State.REQUESTED}


async def test_only_events_of_the_time_are_meant(stage: Stage) -> None:
    stage.arrive(1)
    await take(stage, sent(1))
    assert (await forget(stage.world, since=NOW + HOUR / 2)).people == 0
    assert (await forget(stage.world, source=MISTAKE, until=NOW)).people == 0
    assert (await forget(stage.world, since=NOW, until=NOW + HOUR)).people == 1


async def test_somebody_who_is_not_in_entra_yet_waits_no_longer(stage: Stage) -> None:
    await take(stage, sent(7))
    assert outcomes(await undo(stage, source=MISTAKE)) == {"taken-out": 1}
    assert (await stage.person("employee:7")).claims == ()


async def test_what_was_not_shown_is_not_done(stage: Stage) -> None:
    stage.arrive(1)
    stage.arrive(2)
    await take(stage, sent(1))
    seen = await forget(stage.another(), source=MISTAKE)
    await take(stage, sent(2))
    with pytest.raises(WorldChanged, match="look again"):
        await forget(stage.world, seen.fingerprint, source=MISTAKE)
    assert in_state(stage, State.REQUESTED) == ids([1, 2])


async def test_a_second_time_nothing_is_left_to_do(stage: Stage) -> None:
    stage.arrive(1)
    await take(stage, sent(1))
    done = await undo(stage, source=MISTAKE)
    again = await forget(stage.another(), done.fingerprint, source=MISTAKE)
    assert (again.events, again.done) == (0, True)


async def test_what_an_operator_says_is_kept(stage: Stage) -> None:
    stage.arrive(1)
    await take(stage, sent(1))
    await exclude("1", stage.another(), NOW, actor="ada", reason="on leave")
    assert outcomes(await undo(stage, source=MISTAKE)) == {"kept-out": 1}
    assert (await stage.person(1)).is_kept_out(NOW)


async def test_it_is_audited_with_who_and_why(stage: Stage) -> None:
    stage.arrive(1)
    await take(stage, sent(1))
    await undo(stage, source=MISTAKE)
    told = [
        json.loads(record.content)
        for end in await stage.world.audit.ends()
        for record in await stage.world.audit.records(end.partition, after=0, limit=100)
    ]
    entries = [change | {"actor": one["actor"]} for one in told for change in one["changes"]]
    assert {
        "action": "forget-event",
        "key": key_of(sent(1)),
        "reason": WHY,
        "detail": an_id(1),
        "actor": "ada",
    } in entries
    assert any(one.get("reason") == Reason.FORGOTTEN for one in entries)


async def test_the_plan_says_that_nothing_is_written_while_it_is_stopped(stage: Stage) -> None:
    stage.arrive(1)
    await take(stage, sent(1))
    await write_all(stage, NOW)
    await stop(stage.another(), NOW, actor="ada", reason="wait")
    done = await undo(stage, source=MISTAKE)
    assert done.writing_stopped
    await write_all(stage, NOW)
    assert stage.scope == ids([1])


async def test_what_is_to_be_said_has_to_be_said() -> None:
    with pytest.raises(InvalidMessage, match="name events"):
        ForgetOrder.read_object({"reason": WHY})


async def test_many_people_are_looked_up_in_one_listing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given more than are asked for by name, the outcome is the same."""
    await set_up(stage, standing(document(ungated("pilot", 1)), Phase.COMPLETED, 1), 3)
    await take(stage, *(sent(number) for number in (1, 2, 3)))
    by_name = await forget(stage.another(), source=MISTAKE)
    monkeypatch.setattr(look_up, "LOOK_UP_ONE_BY_ONE", 2)
    assert await forget(stage.another(), source=MISTAKE) == by_name


async def _story() -> Stage:
    stage = a_stage()
    for number in (1, 2, 3):
        stage.arrive(number)
    await take(stage, *(sent(number) for number in (1, 2, 3)))
    return stage


async def _ordered(stage: Stage) -> Message:
    seen = await forget(stage.another(), source=MISTAKE)
    return await ask(stage, asks(ForgetOrder(reason=WHY, source=MISTAKE, plan=seen.fingerprint)))


async def test_killed_anywhere_and_delivered_again_it_ends_the_same() -> None:
    """Given a process that dies at any of its steps, the message that comes again ends it."""
    for death in deaths():
        stage = await _story()
        message = await _ordered(stage)
        if death.number:
            with suppress(ProcessDied):
                await run_operations([message], process(stage, death), NOW + HOUR)
        else:
            with pytest.raises(ProcessDied):
                await run_operations([message], process(stage, death), NOW + HOUR)
        await run_operations([message], stage.another(), NOW + HOUR)
        assert set(states(stage).values()) == {State.WITHDRAWING}, death
        result = (await operation_of(stage)).result
        assert isinstance(result, ForgetView)
        assert (result.done, result.people) == (True, 3)
        people = [await stage.person(number) for number in (1, 2, 3)]
        assert [one.claim(CauseKind.EVENT) for one in people] == [None] * 3


@pytest.mark.parametrize("dies", [False, True])
async def test_what_comes_once_it_was_asked_for_is_not_forgotten(
    stage: Stage, *, dies: bool
) -> None:
    """Given HR that sends the right hires while the mistake is undone, or before it goes on."""
    populate(stage, 3)
    await take(stage, sent(1), sent(2))
    chosen: dict[str, Any] = {"source": MISTAKE, "since": NOW - HOUR}
    seen = await forget(stage.another(), **chosen)
    order = ForgetOrder(reason=WHY, plan=seen.fingerprint, **chosen)
    right = sent(1, at=1), sent(3, at=1)
    begun = False

    async def meanwhile(point: str) -> None:
        nonlocal begun
        if point == "operations.keep done" and not begun:
            begun = True
            await take(stage, *right, after=HOUR)
            if dies:
                raise ProcessDied(point)

    message = await ask(stage, asks(order))
    with suppress(ProcessDied):
        await run_operations([message], process(stage, meanwhile), NOW + HOUR)
    await run_operations([message], stage.another(), NOW + 2 * HOUR)
    done = await operation_of(stage)
    assert isinstance(done.result, ForgetView)
    assert (done.result.events, done.result.done) == (2, True)
    for event in right:
        told = await describe_event(key_of(event), stage.another(), NOW + 3 * HOUR)
        assert told is not None
        assert told.outcome is not Reason.FORGOTTEN
