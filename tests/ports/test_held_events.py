"""Brakes count in the ledger, however many count at once, and hold an event for each person."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from shared.domain.person.brake import Direction, Rate
from shared.ports.held_events import HeldEvent
from tests.support.ports.kept import Kept, Opening
from tests.support.ports.people import NOW

HOUR = timedelta(hours=1)
JOINING, LEAVING = Direction.JOINING, Direction.LEAVING
THREE = Rate(3, HOUR)


def held(number: int, *, brake: str = "hr", direction: Direction = JOINING) -> HeldEvent:
    return HeldEvent(
        brake=brake,
        direction=direction,
        person_key=f"upn:büro{number}@contoso.test",
        event_key=f"{brake}-{direction}-{number}",
        held_at=NOW,
        occurred_at=NOW - HOUR,
        body='{"employeeId": "ü1"}',
        sequence_number=number,
        enqueued_at=NOW,
        index=number or None,
    )


async def test_a_count_admits_as_many_as_it_may_and_nobody_twice(tables: Kept) -> None:
    events = tables.held_events
    people = [f"upn:{n}@contoso.test" for n in range(5)]
    assert await events.admit("hr", JOINING, people, THREE, NOW) == set(people[:3])
    # Whoever was counted passes again, and is not counted again.
    assert await events.admit("hr", JOINING, people[2:], THREE, NOW) == {people[2]}
    # Each brake and each direction has its own count.
    assert await events.admit("hr", LEAVING, people[3:], THREE, NOW) == set(people[3:])
    assert await events.admit("other", JOINING, people[3:], THREE, NOW) == set(people[3:])
    later = NOW + HOUR
    assert await events.admit("hr", JOINING, people[3:], THREE, later) == set(people[3:])
    assert await events.admit("hr", JOINING, people, Rate(None), NOW) == set(people)


async def test_those_who_count_at_once_admit_no_more_together_than_one(opening: Opening) -> None:
    async with opening() as one, opening() as another:
        people = [f"person-{n}" for n in range(40)]
        rate = Rate(10, HOUR)
        parts = [people[n : n + 5] for n in range(0, 40, 5)]
        found = await asyncio.gather(
            *(
                kept.held_events.admit("hr", JOINING, part, rate, NOW)
                for kept, part in zip([one, another] * 4, parts, strict=True)
            )
        )
        assert sum(map(len, found)) == 10
        again = await one.held_events.admit("hr", JOINING, people, rate, NOW + HOUR / 2)
        assert again == frozenset().union(*found)


async def test_a_large_count_is_kept_whole(tables: Kept) -> None:
    rate = Rate(10_000, HOUR)
    people = [f"person-{n}" for n in range(10_000)]
    assert len(await tables.held_events.admit("hr", JOINING, people, rate, NOW)) == 10_000
    assert await tables.held_events.admit("hr", JOINING, ["one more"], rate, NOW) == frozenset()


async def test_an_event_is_held_for_each_person_and_found_by_both(tables: Kept) -> None:
    events = tables.held_events
    assert await events.find("hr", JOINING, [held(1).person_key]) == []
    await events.keep([held(1), held(2), held(1, direction=LEAVING)])
    found = await events.find("hr", JOINING, [held(1).person_key, "upn:nobody@contoso.test"])
    assert list(found) == [held(1)]
    assert list(await events.of_events(["hr-joining-2", "unknown"])) == [held(2)]
    newer = replace(held(1), event_key="newer", is_let_through=True)
    await events.keep([newer])
    assert list(await events.find("hr", JOINING, [held(1).person_key])) == [newer]
    assert list(await events.of_events(["hr-joining-1", "newer"])) == [newer]
    assert await events.count() == 3


async def test_what_is_forgotten_is_the_event_and_not_what_has_taken_its_place(
    tables: Kept,
) -> None:
    events = tables.held_events
    await events.keep([held(1), held(2)])
    newer = replace(held(1), event_key="newer")
    await events.keep([newer])
    await events.forget([held(1), held(2), held(3)])
    assert list(await events.page("", 9)) == [newer]
    assert list(await events.of_events(["hr-joining-2"])) == []


async def test_pages_go_through_all_that_are_held_once(tables: Kept) -> None:
    sources = [("a", JOINING), ("a", LEAVING), ("a-b", JOINING), ("queue", JOINING)]
    all_held = [held(n, brake=name, direction=way) for name, way in sources for n in range(30)]
    await tables.held_events.keep(all_held)
    seen: list[HeldEvent] = []
    while page := await tables.held_events.page(seen[-1].place if seen else "", 50):
        seen += page
    assert len(seen) == 120
    assert {one.event_key for one in seen} == {one.event_key for one in all_held}
    assert await tables.held_events.count() == 120
