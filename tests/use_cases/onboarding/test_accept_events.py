"""Events by webhook: all or none of a list are put on the queue, each under a key of its own."""

import json
from typing import Any

import pytest

from shared.contracts.messages.onboarding_event import ONBOARDED
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.contracts.messages.unwrapping import MOST_EVENTS
from shared.domain.errors import InvalidMessage
from shared.use_cases.onboarding.accept_events import accept_events
from tests.support.enrolments import NOW
from tests.support.stage import Stage

PLAIN = {"employeeId": "1"}
CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "hr",
    "type": ONBOARDED,
    "data": {"employeeId": "2"},
}


async def accept(stage: Stage, value: Any) -> list[str]:
    return list(await accept_events(json.dumps(value).encode(), stage.world.outbox, NOW))


async def test_an_event_is_put_on_the_queue_under_the_key_that_is_answered(stage: Stage) -> None:
    keys = await accept(stage, CLOUD_EVENT)
    (queued,) = stage.broker.messages(ONBOARDING_EVENTS)
    assert keys == [queued.key]
    assert json.loads(queued.body) == CLOUD_EVENT


async def test_a_copy_of_a_cloud_event_is_the_same_event_and_a_plain_one_never_is(
    stage: Stage,
) -> None:
    first = await accept(stage, [CLOUD_EVENT, PLAIN])
    second = await accept(stage, [CLOUD_EVENT, PLAIN])
    assert first[0] == second[0]
    assert first[1] != second[1]
    assert len(stage.broker.messages(ONBOARDING_EVENTS)) == 3


async def test_a_plain_event_gets_the_envelope_that_gives_it_an_identity(stage: Stage) -> None:
    await accept(stage, {**PLAIN, "action": "offboard"})
    (queued,) = stage.broker.messages(ONBOARDING_EVENTS)
    event = json.loads(queued.body)
    assert event["type"].endswith("offboarded.v1")
    assert event["data"] == PLAIN


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ([PLAIN, {"employeeId": 7}], "[1].employeeId"),
        ([CLOUD_EVENT, {**CLOUD_EVENT, "type": "other"}], "[1].type"),
        ({"employeeId": 7}, "employeeId"),
        ([], "(body)"),
        ([PLAIN] * (MOST_EVENTS + 1), "(body)"),
    ],
)
async def test_one_that_cannot_be_taken_keeps_all_off_the_queue(
    stage: Stage, value: Any, field: str
) -> None:
    with pytest.raises(InvalidMessage) as caught:
        await accept(stage, value)
    assert caught.value.field == field
    assert stage.broker.messages(ONBOARDING_EVENTS) == ()


async def test_what_is_no_json_is_said_to_be_none(stage: Stage) -> None:
    with pytest.raises(InvalidMessage, match="not JSON"):
        await accept_events(b"{", stage.world.outbox, NOW)
