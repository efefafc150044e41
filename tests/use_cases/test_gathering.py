"""Gathering: single messages dealt with together, each told what became of its own group."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.messages.onboarding_event import Envelope
from shared.use_cases.gathering import Gathering
from shared.use_cases.message import Message


class Dealing:
    """Notes its groups, and holds each until it is let go."""

    def __init__(self, *errors: BaseException | None) -> None:
        self.groups: list[list[int]] = []
        self.gate = asyncio.Semaphore(0)
        self._errors = list(errors)

    async def __call__(self, messages: Sequence[Message]) -> None:
        self.groups.append([one.envelope.sequence_number or 0 for one in messages])
        await self.gate.acquire()
        if self._errors and (error := self._errors.pop(0)):
            raise error


def message(number: int) -> Message:
    return Message(b"{}", Envelope(number))


async def began(count: int) -> None:
    """Until whoever was started has come as far as it can."""
    for _ in range(count * 3 + 3):
        await asyncio.sleep(0)


async def test_who_comes_while_a_group_is_dealt_with_is_the_next_group() -> None:
    dealing = Dealing()
    gathering = Gathering(dealing)
    adding = [asyncio.create_task(gathering.add(message(number))) for number in range(1, 6)]
    await began(5)
    late = asyncio.create_task(gathering.add(message(6)))
    await began(1)
    dealing.gate.release()
    dealing.gate.release()
    await asyncio.gather(*adding, late)
    assert dealing.groups == [[1], [2, 3, 4, 5, 6]]


async def test_only_those_of_a_group_that_failed_hear_of_it() -> None:
    error = RuntimeError("cannot")
    dealing = Dealing(None, error, None)
    gathering = Gathering(dealing)
    adding = [asyncio.create_task(gathering.add(message(number))) for number in (1, 2, 3)]
    await began(3)
    dealing.gate.release()
    dealing.gate.release()
    results = await asyncio.gather(*adding, return_exceptions=True)
    assert results == [None, error, error]
    dealing.gate.release()
    await gathering.add(message(4))
    assert dealing.groups == [[1], [2, 3], [4]]


async def test_whoever_is_cancelled_while_it_deals_for_all_leaves_nobody_waiting() -> None:
    dealing = Dealing()
    gathering = Gathering(dealing)
    first = asyncio.create_task(gathering.add(message(1)))
    await began(1)
    others = [asyncio.create_task(gathering.add(message(number))) for number in (2, 3)]
    await began(2)
    first.cancel()
    for _ in range(2):
        dealing.gate.release()
    results = await asyncio.gather(first, *others, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert results[1:] == [None, None]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.sets(st.integers(0, 20)))
def test_every_message_is_dealt_with_once_and_one_group_at_a_time(
    pauses: list[int], failing: set[int]
) -> None:
    async def run() -> None:
        seen: list[int] = []
        busy = 0

        async def deal(messages: Sequence[Message]) -> None:
            nonlocal busy
            busy += 1
            assert busy == 1
            numbers = [one.envelope.sequence_number or 0 for one in messages]
            seen.extend(numbers)
            await asyncio.sleep(0)
            busy -= 1
            if failing & set(numbers):
                raise ValueError(numbers)

        async def add(number: int, pause: int) -> None:
            for _ in range(pause):
                await asyncio.sleep(0)
            await gathering.add(message(number))

        gathering = Gathering(deal)
        results = await asyncio.gather(
            *(add(number, pause) for number, pause in enumerate(pauses)), return_exceptions=True
        )
        assert sorted(seen) == list(range(len(pauses)))
        for number, result in enumerate(results):
            if number in failing:
                assert isinstance(result, ValueError)

    asyncio.run(run())


async def test_a_lone_message_that_fails_raises_what_was_raised() -> None:
    dealing = Dealing(LookupError("away"))
    dealing.gate.release()
    with pytest.raises(LookupError):
        await Gathering(dealing).add(message(1))
