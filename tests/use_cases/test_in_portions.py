"""Batches in time for their locks: what is not done is given back, for later and in its place."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.typing import EventDict

from shared.adapters.graph.failure import GraphFailure
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import DirectoryUnavailable, LedgerConflict, ServiceUnavailable
from shared.domain.person.reasons import Reason
from shared.ports.world import World
from shared.use_cases.in_portions import (
    MOST_STUMBLES,
    PATIENCE,
    PORTION,
    SECOND_CHANCES,
    Portions,
    Take,
    Trouble,
    in_portions,
)
from shared.use_cases.message import Message
from shared.use_cases.onboarding.take_events import take_events
from tests.support.enrolments import NOW
from tests.support.own_time import OwnTime, in_own_time
from tests.support.stage import Stage, a_stage, messages, said

QUEUE = ONBOARDING_EVENTS
HALF = timedelta(minutes=3)
"""More than half a lock of the memory world."""


def event(number: int) -> bytes:
    return f'{{"employeeId": "N{number}"}}'.encode()


def given_back(stage: Stage) -> list[bytes]:
    return [one.body for one in stage.broker.messages(QUEUE)]


def taking(refuse: Callable[[Sequence[Message]], Exception | None], sizes: list[int]) -> Take:
    """Takes portions, notes their sizes, and raises what is returned for one."""

    async def take(portion: Sequence[Message], _: World, __: datetime) -> None:
        sizes.append(len(portion))
        if error := refuse(portion):
            raise error

    return take


async def test_what_is_done_is_not_given_back(stage: Stage) -> None:
    sizes: list[int] = []
    await in_portions(taking(lambda _: None, sizes), QUEUE, messages({}, {}), stage.world, NOW)
    assert sizes == [2]
    assert stage.turns.points == []


@pytest.mark.parametrize("error", [DirectoryUnavailable("Graph is away"), LedgerConflict("busy")])
async def test_what_passes_gives_the_batch_back_for_half_a_lock_later_as_it_came(
    stage: Stage, signals: list[EventDict], error: Exception
) -> None:
    batch = messages(event(1), b"not even JSON")
    await in_portions(taking(lambda _: error, []), QUEUE, batch, stage.world, NOW)
    waiting = stage.broker.messages(QUEUE)
    assert [one.body for one in waiting] == [one.body for one in batch]
    assert {one.wait for one in waiting} == {stage.world.limits.message_lock / 2}
    stage.broker.pass_time(stage.world.limits.message_lock / 2)
    again = stage.deliver(QUEUE, enqueued_at=NOW + timedelta(hours=1))
    assert [one.envelope for one in again] == [one.envelope for one in batch]
    assert {one.returns for one in again} == {1}
    (postponed,) = said(signals, "work-postponed")
    assert (postponed["queue"], postponed["messages"]) == (QUEUE, 2)


@pytest.mark.parametrize(
    ("asked", "wait"),
    [(0, timedelta(minutes=2.5)), (300, timedelta(minutes=5)), (86_400, timedelta(hours=1))],
)
async def test_who_asks_to_be_left_alone_is_left_alone(
    stage: Stage, asked: float, wait: timedelta
) -> None:
    """Given Graph's Retry-After, when it is longer than half a lock, then it is kept to."""
    error = GraphFailure.of_status(429, "TooManyRequests", None, asked)
    await in_portions(taking(lambda _: error, []), QUEUE, messages(event(1)), stage.world, NOW)
    assert stage.world.limits.message_lock == timedelta(minutes=5)
    assert [one.wait for one in stage.broker.messages(QUEUE)] == [wait]


def test_somebody_who_never_answers_ends_the_work_in_time(stage: Stage) -> None:
    bodies = [event(number) for number in range(20)]

    async def work(loop: OwnTime) -> None:
        stage.turns.at("directory.find_people", lambda: loop.stand_still(HALF))
        await in_portions(take_events, QUEUE, messages(*bodies), stage.world, NOW)

    in_own_time(work)
    assert given_back(stage) == bodies


def test_where_no_time_is_left_a_portion_is_not_even_begun(stage: Stage) -> None:
    sizes: list[int] = []

    async def work(loop: OwnTime) -> None:
        async def late(portion: Sequence[Message], _: World, __: datetime) -> None:
            sizes.append(len(portion))
            await loop.stand_still(HALF)

        batch = [*messages(event(1)), *messages(event(2), event(3), returns=1)]
        await in_portions(late, QUEUE, batch, stage.world, NOW)

    in_own_time(work)
    assert sizes == [1]
    assert len(given_back(stage)) == 3


def test_a_broker_that_hangs_too_ends_the_batch_by_an_error(stage: Stage) -> None:
    take = taking(lambda _: DirectoryUnavailable("away"), [])

    async def work(loop: OwnTime) -> None:
        stage.turns.at("outbox.return_messages", lambda: loop.stand_still(HALF))
        with pytest.raises(TimeoutError):
            await in_portions(take, QUEUE, messages(event(1)), stage.world, NOW)

    in_own_time(work)
    assert given_back(stage) == []


def test_a_batch_that_is_too_much_for_its_time_is_done_in_parts(stage: Stage) -> None:
    """Slow, and not away: three locks' worth of work is done, and nothing of it twice."""
    done: list[bytes] = []
    bodies = [event(number) for number in range(700)]
    each = 3 * stage.world.limits.message_lock / len(bodies)

    async def work(loop: OwnTime) -> None:
        async def slow(portion: Sequence[Message], _: World, __: datetime) -> None:
            loop.put_forward(each * len(portion))
            await asyncio.sleep(0)
            done.extend(one.body for one in portion)

        batch: Sequence[Message] = messages(*bodies)
        for _ in range(20):
            await in_portions(slow, QUEUE, batch, stage.world, NOW)
            stage.broker.pass_time(stage.world.limits.message_lock)
            batch = stage.deliver(QUEUE)

    in_own_time(work)
    assert sorted(done) == sorted(bodies)


ODD = [ValueError("a bug"), KeyError("x"), RuntimeError(), MemoryError(), RecursionError()]
"""What nobody foresaw; a library may raise anything."""


@pytest.mark.parametrize("error", ODD, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("place", [0, 7, 19])
async def test_what_nobody_foresaw_of_one_message_costs_no_other(
    stage: Stage, signals: list[EventDict], error: Exception, place: int
) -> None:
    """Given a batch in which one breaks its handler, then that one is kept and all others done."""
    bodies = [event(number) for number in range(20)]
    done: set[bytes] = set()

    async def take(portion: Sequence[Message], _: World, __: datetime) -> None:
        if any(one.body == bodies[place] for one in portion):
            raise error
        done.update(one.body for one in portion)

    await in_portions(take, QUEUE, messages(*bodies), stage.world, NOW)

    assert done == {*bodies} - {bodies[place]}
    assert given_back(stage) == []
    (kept,) = await stage.world.ledger.refused(9)
    assert (kept.body, kept.outcome, kept.detail) == (
        bodies[place].decode(),
        Reason.NOT_DONE,
        type(error).__name__,
    )
    assert len(said(signals, "message-refused")) == 1


@given(bad=st.sets(st.integers(0, 59), min_size=1, max_size=5), count=st.integers(60, 90))
async def test_however_many_break_it_the_others_are_done(bad: set[int], count: int) -> None:
    stage = a_stage()
    done: set[int] = set()

    async def take(portion: Sequence[Message], _: World, __: datetime) -> None:
        numbers = {int(one.body[17:-2]) for one in portion}
        if numbers & bad:
            raise ValueError(bad)
        done.update(numbers)

    batch: Sequence[Message] = messages(*map(event, range(count)))
    for _ in range(SECOND_CHANCES + 2):
        await in_portions(take, QUEUE, batch, stage.world, NOW)
        stage.broker.pass_time(stage.world.limits.message_lock)
        batch = stage.deliver(QUEUE)

    assert done == {*range(count)} - bad
    kept = await stage.world.ledger.refused(99)
    assert {one.body for one in kept} == {event(number).decode() for number in bad}
    assert batch == []


async def test_where_nothing_at_all_succeeds_it_is_taken_for_an_outage(stage: Stage) -> None:
    """Given an error nobody foresaw that all share, then nobody is refused for it."""
    sizes: list[int] = []
    batch = messages(*map(event, range(1000)))
    await in_portions(taking(lambda _: ValueError("all"), sizes), QUEUE, batch, stage.world, NOW)

    assert len(given_back(stage)) == 1000
    assert len(sizes) == MOST_STUMBLES
    assert await stage.world.ledger.refused(9) == []


async def test_one_that_fails_alone_and_nothing_beside_it_has_its_chances(stage: Stage) -> None:
    take = taking(lambda _: ValueError("a bug"), [])
    for returns in range(SECOND_CHANCES):
        batch = messages(event(1), returns=returns)
        await in_portions(take, QUEUE, batch, stage.world, NOW)
        assert await stage.world.ledger.refused(9) == []
    assert len(given_back(stage)) == SECOND_CHANCES

    batch = messages(event(1), returns=SECOND_CHANCES)
    await in_portions(take, QUEUE, batch, stage.world, NOW)
    (kept,) = await stage.world.ledger.refused(9)
    assert (kept.outcome, kept.detail) == (Reason.NOT_DONE, "ValueError")
    assert len(given_back(stage)) == SECOND_CHANCES


@pytest.mark.parametrize("error", [TimeoutError("somebody else's"), ServiceUnavailable("table x")])
async def test_who_does_not_answer_in_time_is_away(stage: Stage, error: Exception) -> None:
    await in_portions(taking(lambda _: error, []), QUEUE, messages(event(1)), stage.world, NOW)
    assert given_back(stage) == [event(1)]


def test_an_outage_that_keeps_even_giving_back_from_working_uses_up_no_deliveries_at_once(
    stage: Stage,
) -> None:
    """Given a broker that refuses at once, then the batch fails only when half a lock is over."""
    take = taking(lambda _: DirectoryUnavailable("away"), [])
    stage.turns.fail("outbox.return_messages", ServiceUnavailable("queue: down"))

    async def work(loop: OwnTime) -> None:
        batch = in_portions(take, QUEUE, messages(event(1)), stage.world, NOW)
        failing = asyncio.ensure_future(batch)
        for _ in range(100):
            await asyncio.sleep(0)
        assert not failing.done()

        loop.put_forward(stage.world.limits.message_lock / 2)

        with pytest.raises(ServiceUnavailable):
            await failing

    in_own_time(work)


async def test_what_the_broker_delivers_again_is_alone_and_goes_from_either_end(
    stage: Stage,
) -> None:
    """Given one that ends the process each time, then all others are reached in two deliveries."""
    orders: list[list[bytes]] = []
    for deliveries in (2, 3):
        taken: list[list[bytes]] = []

        async def take(
            portion: Sequence[Message],
            _: World,
            __: datetime,
            taken: list[list[bytes]] = taken,
        ) -> None:
            taken.append([one.body for one in portion])

        batch = [replace(one, deliveries=deliveries) for one in messages(event(1), event(2))]
        await in_portions(take, QUEUE, batch, stage.world, NOW)
        assert [len(portion) for portion in taken] == [1, 1]
        orders.append([body for (body,) in taken])
    assert orders == [[event(1), event(2)], [event(2), event(1)]]


async def test_one_message_that_nothing_helps_is_alone_when_it_comes_again(stage: Stage) -> None:
    bad = event(3)

    def refuse(portion: Sequence[Message]) -> Exception | None:
        return LedgerConflict("no") if any(one.body == bad for one in portion) else None

    sizes: list[int] = []
    batch = messages(*map(event, range(300)))
    await in_portions(taking(refuse, sizes), QUEUE, batch, stage.world, NOW)
    assert sizes == [300]
    assert len(given_back(stage)) == 300
    stage.broker.pass_time(stage.world.limits.message_lock)
    again = stage.deliver(QUEUE)
    sizes.clear()
    await in_portions(taking(refuse, sizes), QUEUE, again, stage.world, NOW)
    assert bad in given_back(stage)
    assert len(given_back(stage)) <= 4
    # Where nothing fails the portions grow again: not one request for each for ever.
    assert max(sizes[-2:]) > 60


async def test_who_comes_again_does_not_hold_up_who_comes_first(stage: Stage) -> None:
    taken: list[bytes] = []

    async def take(portion: Sequence[Message], _: World, __: datetime) -> None:
        taken.extend(one.body for one in portion)

    batch = [*messages(event(1), returns=2), *messages(event(2))]
    await in_portions(take, QUEUE, batch, stage.world, NOW)
    assert taken == [event(2), event(1)]


async def test_who_has_come_again_for_days_is_kept_whole_with_the_reason(stage: Stage) -> None:
    long_ago = PATIENCE // (stage.world.limits.message_lock / 2)
    hopeless = messages(event(1), b"?", returns=long_ago)
    hopeful = messages(event(2), returns=long_ago - 1)
    take = taking(lambda _: DirectoryUnavailable("403 for days"), [])
    await in_portions(take, QUEUE, [*hopeless, *hopeful], stage.world, NOW)
    assert given_back(stage) == [event(2)]
    kept = await stage.world.ledger.refused(9)
    assert {(one.body, one.outcome, one.detail) for one in kept} == {
        (event(1).decode(), Reason.NOT_DONE, "403 for days"),
        ("?", Reason.NOT_DONE, "403 for days"),
    }


async def test_where_all_are_hopeless_nothing_is_given_back(
    stage: Stage, signals: list[EventDict]
) -> None:
    long_ago = PATIENCE // (stage.world.limits.message_lock / 2)
    take = taking(lambda _: DirectoryUnavailable("away"), [])
    batch = messages(event(1), returns=long_ago)
    await in_portions(take, QUEUE, batch, stage.world, NOW)
    assert given_back(stage) == []
    assert said(signals, "work-postponed") == []


async def test_a_return_made_twice_is_delivered_once(stage: Stage) -> None:
    """A crash between giving back and completing repeats the batch."""
    take = taking(lambda _: DirectoryUnavailable("away"), [])
    for _ in range(2):
        await in_portions(take, QUEUE, messages(event(1)), stage.world, NOW)
    assert len(given_back(stage)) == 1
    await in_portions(take, QUEUE, messages(event(1), returns=1), stage.world, NOW)
    assert len(given_back(stage)) == 2


async def test_the_reason_that_is_told_is_of_those_who_came_again(
    stage: Stage, signals: list[EventDict]
) -> None:
    def refuse(portion: Sequence[Message]) -> Exception:
        return DirectoryUnavailable("again" if portion[0].returns else "first")

    batch = [*messages(event(1)), *messages(event(2), returns=1)]
    await in_portions(taking(refuse, []), QUEUE, batch, stage.world, NOW)
    (postponed,) = said(signals, "work-postponed")
    assert (postponed["messages"], postponed["reason"]) == (2, "again")


def test_portions_shrink_by_failures_and_grow_by_successes() -> None:
    portions = Portions(messages(*map(event, range(40))), size=16)
    sizes: list[int] = []
    for number, portion in enumerate(portions):
        sizes.append(len(portion))
        portions.note(portion, Trouble("no") if number < 3 else None)
    assert sizes == [16, 4, 1, 1, 4, 14]
    assert len(portions.undone) == 21
    assert portions.size <= PORTION
