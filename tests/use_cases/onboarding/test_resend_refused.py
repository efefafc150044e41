"""Refused messages are sent again once they were shown, and a second run changes nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.api.resend_request import Resend
from shared.contracts.api.resend_views import Resending, ResendView
from shared.contracts.messages.onboarding_event import OFFBOARDED, ONBOARDED, Envelope
from shared.contracts.messages.queues import DIRECTORY_RESULTS, ONBOARDING_EVENTS
from shared.domain.errors import InvalidMessage, ServiceUnavailable, WorldChanged
from shared.domain.person.brake import Brake, Brakes, Rate
from shared.domain.person.enrolment import State
from shared.domain.person.partitions import MESSAGES
from shared.domain.person.reasons import Reason
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.deal_with_dead_letters import discard
from shared.use_cases.message import Message, given_up
from shared.use_cases.onboarding import resend_refused as module
from shared.use_cases.onboarding.resend_refused import resend_refused
from shared.use_cases.onboarding.take_events import take_events
from tests.support.enrolments import DAY, HOUR, NOW
from tests.support.stage import Stage, a_stage, an_id, messages

LATER = NOW + DAY
WHY = "the sender has fixed its template"
ALL: dict[str, Any] = {"outcome": "invalid", "fixes": {"rename": {"employeeID": "employeeId"}}}


def wrong(number: int, **more: Any) -> dict[str, Any]:
    return {"employeeID": str(number), **more}


def order(**said: Any) -> Resend:
    return Resend.read_object({"reason": WHY} | said)


async def refuse(stage: Stage, *bodies: Any, at: Any = NOW) -> Sequence[Receipt]:
    before = {one.key for one in await stage.world.ledger.refused(500)}
    await take_events(messages(*bodies, enqueued_at=at), stage.world, at + HOUR)
    found = await stage.world.ledger.refused(500)
    return [one for one in found if one.key not in before]


async def show(stage: Stage, world: World | None = None, **said: Any) -> ResendView:
    return await resend_refused(order(**said), world or stage.world, LATER, actor="ada")


async def resend(stage: Stage, **said: Any) -> ResendView:
    """Sends what is shown, and has it taken."""
    shown = await show(stage, **said)
    done = await show(stage, **said, plan=shown.fingerprint)
    await take_events(stage.deliver(ONBOARDING_EVENTS, enqueued_at=LATER), stage.world, LATER)
    return done


def outcomes(view: ResendView) -> list[str]:
    return [one.becomes for one in view.messages]


async def people(stage: Stage, *numbers: int) -> Mapping[str, Any]:
    return await stage.another().ledger.load([an_id(one) for one in numbers])


async def test_shown_first_then_sent_and_the_audit_has_both_keys(stage: Stage) -> None:
    stage.arrive(1)
    (kept,) = await refuse(stage, wrong(1))
    shown = await show(stage, **ALL)
    (one,) = shown.messages
    assert (one.becomes, one.action, one.person, one.kept_as) == (
        Resending.SENT,
        "onboard",
        "1",
        kept.key,
    )
    assert one.occurred_at == NOW
    assert not shown.done
    assert stage.broker.messages(ONBOARDING_EVENTS) == ()

    done = await resend(stage, **ALL)
    assert done.done
    assert (await stage.person(1)).state is State.REQUESTED
    receipt = await stage.world.ledger.receipt(one.key or "")
    assert receipt
    assert receipt.outcome is Reason.ONBOARDED
    (record,) = await stage.world.audit.records(MESSAGES, 0, 9)
    (change,) = json.loads(record.content)["changes"]
    assert (change["action"], change["key"], change["reason"]) == (
        "resend-refused-message",
        kept.key,
        WHY,
    )
    assert one.key in change["detail"]


async def test_a_leaver_stays_out_and_who_was_hired_since_stays_in(stage: Stage) -> None:
    """The message counts from when it was sent, however late it was refused or is sent again."""
    stage.arrive(1)
    stage.arrive(2)
    await refuse(stage, wrong(1, action="offboard"), wrong(2))
    newer = [{"employeeId": "1"}, {"employeeId": "2", "action": "offboard"}]
    await take_events(messages(*newer, enqueued_at=NOW + HOUR / 2), stage.world, NOW + HOUR)
    before = await people(stage, 1, 2)
    await resend(stage, **ALL)
    after = await people(stage, 1, 2)
    assert {key: (one.state, one.claims, one.exclusion) for key, one in after.items()} == {
        key: (one.state, one.claims, one.exclusion) for key, one in before.items()
    }
    assert {one.steps[-1].reason for one in after.values()} == {Reason.OUTDATED}


async def test_a_second_run_says_that_they_were_taken_and_sends_none(stage: Stage) -> None:
    stage.arrive(1)
    await refuse(stage, wrong(1))
    await resend(stage, **ALL)
    again = await resend(stage, **ALL)
    assert outcomes(again) == [Resending.TAKEN]
    assert len(await stage.world.audit.records(MESSAGES, 0, 9)) == 1


async def test_another_plan_than_was_shown_is_refused_and_sends_nothing(stage: Stage) -> None:
    await refuse(stage, wrong(1))
    shown = await show(stage, **ALL)
    await refuse(stage, wrong(2), at=NOW + HOUR)
    with pytest.raises(WorldChanged):
        await show(stage, **ALL, plan=shown.fingerprint)
    assert stage.broker.messages(ONBOARDING_EVENTS) == ()


async def test_what_cannot_be_sent_is_told_with_the_field_and_keeps_no_other_back(
    stage: Stage,
) -> None:
    stage.arrive(1)
    await refuse(stage, wrong(1), b"<person/>", wrong(2, action="fire"))
    of_worker = Receipt(
        key="r1", queue=DIRECTORY_RESULTS, at=NOW, outcome=Reason.INVALID, body="{}"
    )
    of_hr = Receipt(
        key="h1",
        queue=ONBOARDING_EVENTS,
        at=NOW,
        outcome=Reason.INVALID,
        detail="hr/workday: is missing",
        body='{"worker": 1}',
    )
    cut = Receipt(
        key="c1",
        queue=ONBOARDING_EVENTS,
        at=NOW,
        outcome=Reason.INVALID,
        body='{"a… (cut; the whole: 500,000 bytes, SHA-256 ab; the rest is lost)',
    )
    await stage.world.ledger.record_receipts([of_worker, of_hr, cut])
    done = await resend(stage, **ALL)
    assert sorted(outcomes(done)) == [Resending.NOT_POSSIBLE] * 5 + [Resending.SENT]
    told = {one.kept_as: (one.field, one.problem or "") for one in done.messages}
    assert told["r1"][0] == "queue"
    assert "sent again there" in told["h1"][1]
    assert "too large to be kept whole" in told["c1"][1]
    assert ("action", True) in [(field, "onboard" in why) for field, why in told.values()]
    assert (await stage.person(1)).state is State.REQUESTED


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"field": "employeeID"}, {"1"}),
        ({"field": "data.employeeID"}, {"2", "3"}),
        ({"source": "hr/x"}, {"2"}),
        ({"source": "x"}, {"2"}),
        ({"outcome": "invalid", "source": "other"}, {"3"}),
        ({"outcome": "discarded"}, set[str]()),
    ],
)
async def test_those_are_meant_that_fit_all_that_is_said(
    stage: Stage, said: dict[str, Any], expected: set[str]
) -> None:
    cloud = {"specversion": "1.0", "id": "e", "source": "hr/x", "type": OFFBOARDED}
    of_list = [{**cloud, "source": "other", "data": wrong(3)}, {"employeeId": "9"}]
    await refuse(stage, wrong(1), {**cloud, "data": wrong(2)}, of_list)
    rename = {name: name.replace("ID", "Id") for name in ("employeeID", "data.employeeID")}
    shown = await show(stage, **said, fixes={"rename": rename})
    assert {one.person for one in shown.messages} == expected


async def test_by_keys_the_unknown_are_named_and_the_others_sent(stage: Stage) -> None:
    (kept,) = await refuse(stage, wrong(1))
    shown = await show(stage, keys=[kept.key, "nothing"], fixes=ALL["fixes"])
    assert outcomes(shown) == [Resending.SENT]
    assert shown.unknown == ("nothing",)


async def test_who_is_meant_is_said_of_one_message_alone(stage: Stage) -> None:
    first, _ = await refuse(stage, {"name": "Ada"}, {"name": "Bob"})
    fix = {"drop": ["name"], "give": {"employeeId": "1", "action": "offboard"}}
    with pytest.raises(InvalidMessage, match="one message at a time"):
        await show(stage, outcome="invalid", fixes=fix)
    shown = await show(stage, keys=[first.key], fixes=fix)
    assert [(one.person, one.action) for one in shown.messages] == [("1", "offboard")]


async def test_what_was_not_done_for_days_counts_from_when_it_was_sent(stage: Stage) -> None:
    body = json.dumps({"employeeId": "1"}).encode()
    message = Message(body, Envelope(7, NOW))
    await stage.world.ledger.record_receipts(
        [given_up(message, ONBOARDING_EVENTS, "Graph was away", NOW + 3 * DAY)]
    )
    (one,) = (await show(stage, outcome="not-done")).messages
    assert one.occurred_at == NOW


async def test_a_discarded_dead_letter_counts_from_its_first_place(stage: Stage) -> None:
    letter = json.dumps({"employeeId": "1"}).encode()
    number = stage.broker.dead_letter(ONBOARDING_EVENTS, letter, reason="Max", at=NOW)
    await discard(ONBOARDING_EVENTS, [number], stage.world, NOW + HOUR, actor="ada", reason=WHY)
    (one,) = (await show(stage, outcome="discarded")).messages
    assert (one.becomes, one.occurred_at) == (Resending.SENT, NOW)


async def test_whom_a_brake_holds_is_told_and_not_sent_once_more(stage: Stage) -> None:
    stage.arrive(1)
    stage.arrive(2)
    await refuse(stage, wrong(1), wrong(2))
    one_an_hour = Brake(Rate(1, HOUR), Rate(1, HOUR))
    world = replace(stage.world, brakes=Brakes({}, others=one_an_hour))
    shown = await show(stage, world, **ALL)
    await show(stage, world, **ALL, plan=shown.fingerprint)
    await take_events(stage.deliver(ONBOARDING_EVENTS, enqueued_at=LATER), world, LATER)
    again = await show(stage, world, **ALL)
    assert sorted(outcomes(again)) == [Resending.HELD, Resending.TAKEN]


async def test_more_than_can_be_sent_at_once_is_sent_in_parts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)
    await refuse(stage, *(wrong(number) for number in range(1, 6)))
    sent: list[str | None] = []
    for left in (3, 1, 0):
        done = await resend(stage, **ALL)
        sent += [one.person for one in done.messages if one.becomes == Resending.SENT]
        assert len(await stage.world.ledger.refused(9)) == 5
        assert max(0, 5 - len(sent)) == left
    assert sorted(filter(None, sent)) == ["1", "2", "3", "4", "5"]


async def test_where_the_queue_takes_nothing_asking_again_sends_them(stage: Stage) -> None:
    stage.arrive(1)
    await refuse(stage, wrong(1))
    shown = await show(stage, **ALL)
    stage.turns.fail("outbox.send_onboarding", ServiceUnavailable("Service Bus is away"))
    with pytest.raises(ServiceUnavailable):
        await show(stage, **ALL, plan=shown.fingerprint)
    await resend(stage, **ALL)
    assert (await stage.person(1)).state is State.REQUESTED


PEOPLE = range(1, 4)
SENT = st.lists(
    st.builds(
        lambda number, minute, leaves, named, good: (number, minute, leaves, named, good),
        st.sampled_from(PEOPLE),
        st.integers(0, 50),
        st.booleans(),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


def said_by(number: int, leaves: bool, named: bool, good: bool, place: int) -> Any:
    person = {"employeeId" if good else "employeeID": str(number)}
    if not named:
        return person | ({"action": "offboard"} if leaves else {})
    kind = OFFBOARDED if leaves else ONBOARDED
    return {"specversion": "1.0", "id": f"e{place}", "source": "s", "type": kind, "data": person}


@settings(max_examples=60)
@given(sent=SENT, picks=st.lists(st.integers(0, 99), max_size=5))
async def test_resending_anything_twice_and_in_any_order_changes_no_more_than_once(
    sent: list[tuple[int, int, bool, bool, bool]], picks: list[int]
) -> None:
    """And whoever the newest message has out is out."""
    stage = a_stage()
    for number in PEOPLE:
        stage.arrive(number)
    in_time = sorted(sent, key=lambda one: one[1])
    for place, (number, minute, leaves, named, good) in enumerate(in_time):
        body = said_by(number, leaves, named, good, place)
        at = NOW + HOUR * (minute / 60) + place * HOUR / 3600
        message = Message(json.dumps(body).encode(), Envelope(place, at))
        await take_events([message], stage.world, NOW + HOUR)
    rename = {"employeeID": "employeeId", "data.employeeID": "data.employeeId"}
    fix: dict[str, Any] = {"fixes": {"rename": rename}}
    kept = [one.key for one in await stage.world.ledger.refused(99)]
    # Some first and alone, in whatever order; then all, twice.
    for pick in picks:
        if kept:
            await resend(stage, keys=[kept[pick % len(kept)]], **fix)
    await resend(stage, outcome="invalid", **fix)
    once = await people(stage, *PEOPLE)
    await resend(stage, outcome="invalid", **fix)
    for pick in reversed(picks):
        if kept:
            await resend(stage, keys=[kept[pick % len(kept)]], **fix)
    assert await people(stage, *PEOPLE) == once
    newest = {number: leaves for number, _, leaves, _, _ in in_time}
    for number, leaves in newest.items():
        assert once[an_id(number)].state.is_enrolled is not leaves
