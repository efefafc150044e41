"""What the host could not bind comes again as data, means the same, and harms nobody."""

import json
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.contracts.messages.contract import LARGEST_MESSAGE
from shared.contracts.messages.onboarding_event import OFFBOARDED, Envelope
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import LedgerConflict
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.ports.unread import UnreadMessage
from shared.use_cases.onboarding.return_unread import return_unread
from shared.use_cases.onboarding.take_events import take_events
from tests.support.enrolments import NOW
from tests.support.stage import Stage, said


def unread(value: Any, number: int = 7, properties: Any = None) -> UnreadMessage:
    return UnreadMessage(value=value, envelope=Envelope(number, NOW), properties=properties or {})


async def again(stage: Stage) -> None:
    """Take what lies on the queue, as its function does."""
    await take_events(stage.deliver(ONBOARDING_EVENTS), stage.world, NOW)


@pytest.mark.parametrize(
    "value",
    [
        '{"employeeId": "1"}',
        b'{"employeeId": "1"}',
        {"employeeId": "1"},
        {b"employeeId": b"1"},
        [{"employeeId": "1"}],
        [{b"employeeId": b"1", b"action": b"onboard"}],
    ],
)
async def test_a_value_that_says_an_event_is_that_event_in_its_place(
    value: Any, stage: Stage, signals: list[EventDict]
) -> None:
    stage.arrive(1)
    stage.broker.set_aside(ONBOARDING_EVENTS, unread(value))
    await return_unread(stage.world, NOW)
    assert stage.broker.unread(ONBOARDING_EVENTS) == ()
    (message,) = stage.deliver(ONBOARDING_EVENTS)
    assert message.envelope == Envelope(7, NOW)
    await take_events([message], stage.world, NOW)
    assert (await stage.person(1)).state is State.REQUESTED
    assert said(signals, "work-postponed")[0]["messages"] == 1


async def test_what_its_properties_say_is_part_of_it(stage: Stage) -> None:
    person = stage.arrive(1)
    attributes = {"specversion": "1.0", "id": "1", "source": "hr", "type": OFFBOARDED}
    properties = {f"cloudEvents_{name}": value for name, value in attributes.items()}
    stage.broker.set_aside(ONBOARDING_EVENTS, unread('{"employeeId": "1"}', properties=properties))
    await return_unread(stage.world, NOW)
    await again(stage)
    assert (await stage.person(person.object_id)).state is State.WITHDRAWN


@pytest.mark.parametrize("value", [None, 7, "no event", "\udcff", {"a": b"\xff"}, [[1], {}]])
async def test_a_value_that_says_no_event_is_refused_and_kept(value: Any, stage: Stage) -> None:
    stage.broker.set_aside(ONBOARDING_EVENTS, unread(value))
    await return_unread(stage.world, NOW)
    await again(stage)
    kept = await stage.world.ledger.refused(9)
    assert kept
    assert {one.outcome for one in kept} == {Reason.INVALID}


async def test_one_too_large_to_be_sent_again_is_refused_and_keeps_no_other_back(
    stage: Stage,
) -> None:
    stage.arrive(1)
    large = {"names": ["\N{GRINNING FACE}" * 8] * (LARGEST_MESSAGE // 20)}
    stage.broker.set_aside(ONBOARDING_EVENTS, unread(large), unread({"employeeId": "1"}, 8))
    await return_unread(stage.world, NOW)
    await again(stage)
    assert (await stage.person(1)).state is State.REQUESTED
    (kept,) = await stage.world.ledger.refused(9)
    assert "as JSON; send the body as data" in kept.detail
    assert json.loads(kept.body or "") == large


async def test_what_could_not_be_dealt_with_is_still_there_and_is_sent_once(stage: Stage) -> None:
    stage.broker.set_aside(ONBOARDING_EVENTS, unread({"employeeId": "1"}))
    stage.turns.fail("unread.take dealt", LedgerConflict("the process ends here"))
    with pytest.raises(LedgerConflict):
        await return_unread(stage.world, NOW)
    await return_unread(stage.world, NOW)
    assert len(stage.broker.messages(ONBOARDING_EVENTS)) == 1
    assert stage.broker.unread(ONBOARDING_EVENTS) == ()


async def test_where_nothing_is_unread_nothing_is_done(stage: Stage) -> None:
    await return_unread(stage.world, NOW)
    assert stage.broker.messages(ONBOARDING_EVENTS) == ()
