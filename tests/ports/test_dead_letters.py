"""The dead letters: seen whole, sent again as they were, and taken off, each by its number."""

import pytest

from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.queues import (
    ONBOARDING_EVENTS,
    RECEIVED_FROM,
    SCOPE_CHANGES,
    SENT_TO,
)
from shared.contracts.messages.returned_message import ReturnedMessage
from tests.support.ports.queues import DESCRIPTION, REASON, Queues

FIRST, SECOND, THIRD = b'{"employeeId": "1"}', b"\xff\x00 no text", "ä".encode()
ALL = FIRST, SECOND, THIRD
OTHER = "ours"


async def bodies(queues: Queues, queue: str = ONBOARDING_EVENTS) -> list[bytes]:
    return [one.body for one in await queues.dead_letters.peek(queue, after=0, limit=100)]


async def test_they_are_told_oldest_first_and_page_by_page(queues: Queues) -> None:
    numbers = queues.set_aside(ONBOARDING_EVENTS, *ALL)
    seen: list[int] = []
    for _ in range(len(ALL) + 1):
        after = seen[-1] if seen else 0
        page = await queues.dead_letters.peek(ONBOARDING_EVENTS, after=after, limit=1)
        seen += [one.sequence_number for one in page]
    assert seen == sorted(numbers)


@pytest.mark.parametrize("queue", SENT_TO)
async def test_on_every_queue_they_are_told_whole_and_sent_again_as_they_were(
    queues: Queues, queue: str
) -> None:
    numbers = queues.set_aside(queue, *ALL, source=OTHER, tries=3)
    letters = await queues.dead_letters.peek(queue, after=0, limit=100)
    assert [one.sequence_number for one in letters] == numbers
    assert [one.body for one in letters] == list(ALL)
    for letter in letters:
        assert (letter.queue, letter.content_type) == (queue, "application/json")
        assert (letter.reason, letter.description) == (REASON, DESCRIPTION)
        assert dict(letter.properties) == {"source": OTHER, "tries": 3}
        assert letter.message_id
        assert letter.enqueued_at is not None
    assert await queues.dead_letters.resubmit(queue, numbers) == set(numbers)
    arrived = queues.take(queue)
    assert [one.body for one in arrived] == list(ALL)
    assert await bodies(queues, queue) == []
    ids = [one.message_id for one in letters]
    assert [one.properties["ssprMessageId"] for one in arrived] == ids
    assert not {one.key for one in arrived} & set(ids)
    for one, letter in zip(arrived, letters, strict=True):
        assert one.properties["source"] == OTHER
        assert str(one.properties["tries"]) == "3"
        assert "DeadLetterReason" not in one.properties
        read = ReturnedMessage.read(one.body, Envelope(7, None), one.properties)
        if queue in RECEIVED_FROM:
            # What is old is not to be taken for new.
            assert read is not None
            assert read.envelope == Envelope(letter.sequence_number, letter.enqueued_at)
            assert read.returns == 0
        else:
            assert read is None


async def test_what_had_a_place_of_before_keeps_that_one(queues: Queues) -> None:
    first = ReturnedMessage(body=FIRST, envelope=Envelope(3, None), returns=2)
    before = {**first.properties, "ssprEnqueuedAt": "1000000"}
    numbers = queues.set_aside(ONBOARDING_EVENTS, FIRST, **before)
    await queues.dead_letters.resubmit(ONBOARDING_EVENTS, numbers)
    (arrived,) = queues.take(ONBOARDING_EVENTS)
    assert {name: arrived.properties[name] for name in before} == before


async def test_only_what_is_named_is_taken_and_the_others_are_there_at_once(
    queues: Queues,
) -> None:
    numbers = queues.set_aside(ONBOARDING_EVENTS, *ALL)
    second = numbers[1]
    assert await queues.dead_letters.resubmit(ONBOARDING_EVENTS, [second]) == {second}
    assert [one.body for one in queues.take(ONBOARDING_EVENTS)] == [SECOND]
    assert await bodies(queues) == [FIRST, THIRD]
    third = numbers[2]
    assert await queues.dead_letters.discard(ONBOARDING_EVENTS, [third]) == {third}
    assert await bodies(queues) == [FIRST]
    assert queues.take(ONBOARDING_EVENTS) == []


async def test_what_is_not_there_is_left_out_of_the_answer_and_stops_nothing(
    queues: Queues,
) -> None:
    (number,) = queues.set_aside(ONBOARDING_EVENTS, FIRST)
    assert await queues.dead_letters.discard(ONBOARDING_EVENTS, [number + 1, number]) == {number}
    assert await queues.dead_letters.discard(ONBOARDING_EVENTS, [number]) == set()
    assert await queues.dead_letters.resubmit(ONBOARDING_EVENTS, [number]) == set()


async def test_another_queue_s_dead_letters_are_left_alone(queues: Queues) -> None:
    (number,) = queues.set_aside(ONBOARDING_EVENTS, FIRST)
    assert await bodies(queues, SCOPE_CHANGES) == []
    assert await queues.dead_letters.discard(SCOPE_CHANGES, [number]) == set()
    assert await bodies(queues) == [FIRST]
