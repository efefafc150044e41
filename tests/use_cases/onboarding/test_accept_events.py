"""Events by webhook: each that is one is put on the queue, under a key of its own."""

import json
from typing import Any

import pytest

from shared.contracts.messages.contract import LARGEST_MESSAGE, MOST_EVENTS
from shared.contracts.messages.onboarding_event import ONBOARDED
from shared.contracts.messages.queues import ONBOARDING_EVENTS
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
    return list((await accept_events(json.dumps(value).encode(), stage.world, NOW)).keys)


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
        ([{"employeeId": 7}, 7], "[0].employeeId"),
        ([{**CLOUD_EVENT, "type": "other"}], "[0].type"),
        ({"employeeId": 7}, "employeeId"),
        ({**CLOUD_EVENT, "extension": "x" * LARGEST_MESSAGE}, "(body)"),
        ([], "(body)"),
        ([PLAIN] * (MOST_EVENTS + 1), "(body)"),
    ],
)
async def test_where_nothing_can_be_taken_the_first_place_is_named(
    stage: Stage, value: Any, field: str
) -> None:
    with pytest.raises(InvalidMessage) as caught:
        await accept(stage, value)
    assert caught.value.field == field
    assert stage.broker.messages(ONBOARDING_EVENTS) == ()


async def test_a_bad_event_keeps_no_other_back_and_is_kept_and_named(stage: Stage) -> None:
    large = {**CLOUD_EVENT, "id": "2", "extension": "x" * LARGEST_MESSAGE}
    value = [PLAIN, {"employeeId": 7}, CLOUD_EVENT, [PLAIN], large]
    answer = await accept_events(json.dumps(value).encode(), stage.world, NOW)
    assert list(answer.keys) == [one.key for one in stage.broker.messages(ONBOARDING_EVENTS)]
    assert len(answer.keys) == 2
    told = [(one.index, one.field) for one in answer.refused]
    assert told == [(1, "[1].employeeId"), (3, "[3].(body)"), (4, "[4].(event)")]
    kept = {one.key: one for one in await stage.world.ledger.refused(9)}
    assert kept.keys() == {one.key for one in answer.refused}
    assert kept[answer.refused[0].key].body == '{"employeeId": 7}'


async def test_sent_again_the_refused_ones_are_kept_once(stage: Stage) -> None:
    for _ in range(2):
        await accept(stage, [PLAIN, {"employeeId": 7}])
    assert len(await stage.world.ledger.refused(9)) == 1


async def test_the_webhook_takes_what_the_queue_takes_out_of_what_it_is_wrapped_in(
    stage: Stage,
) -> None:
    for wrapped in (json.dumps(PLAIN), json.dumps(json.dumps(PLAIN)), [json.dumps(PLAIN)]):
        await accept(stage, wrapped)
    bodies = [json.loads(one.body) for one in stage.broker.messages(ONBOARDING_EVENTS)]
    assert [one["data"] for one in bodies] == [PLAIN] * 3


async def test_what_is_no_json_is_said_to_be_none(stage: Stage) -> None:
    with pytest.raises(InvalidMessage, match="not JSON"):
        await accept_events(b"{", stage.world, NOW)
