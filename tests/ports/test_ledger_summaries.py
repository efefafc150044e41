"""Where everybody stands, read by the page."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import count

import pytest

from shared.domain.person.enrolment import Exclusion, Provenance, State
from shared.domain.person.membership import NO_EVENT
from shared.domain.person.partitions import partition_of
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary, NamedSummary
from shared.ports.ledger import Ledger, PeoplePart
from tests.support.ports.people import NOW, enrolment, object_id, put, wave


async def test_everybody_with_an_object_id_is_listed_once_as_they_stand(
    ledger: Ledger,
) -> None:
    exclusion = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "ada", "on leave", NOW)
    people = [
        *(enrolment(object_id(number)) for number in range(60)),
        enrolment(object_id(60), provenance=Provenance.OURS, claims=(wave("pilot"),)),
        enrolment(object_id(61), state=State.APPLIED, flag=Reason.NOT_VISIBLE, exclusion=exclusion),
        enrolment(object_id(62), claims=(replace(wave("pilot"), until=NOW),)),
    ]
    await put(ledger, *people, enrolment("employee:1"))
    listed = [one async for page in ledger.summaries() for one in page]
    by_key = sorted(people, key=lambda person: person.key)
    assert sorted(listed, key=lambda one: one.key) == [EnrolmentSummary.of(one) for one in by_key]


async def test_an_empty_ledger_has_no_page(ledger: Ledger) -> None:
    assert [page async for page in ledger.summaries()] == []


async def test_a_page_holds_up_to_1000_people(ledger: Ledger) -> None:
    in_one_partition = (key for key in map(object_id, count()) if partition_of(key) == "p-0")
    people = [enrolment(key) for key, _ in zip(in_one_partition, range(1100), strict=False)]
    await put(ledger, *people, *(enrolment(object_id(number)) for number in range(50)))
    pages = [page async for page in ledger.summaries()]
    assert max(len(page) for page in pages) == 1000
    keys = [one.key for page in pages for one in page]
    assert len(keys) == len(set(keys)) >= 1100


async def test_whoever_has_seen_enough_may_stop_reading(ledger: Ledger) -> None:
    await put(ledger, *(enrolment(object_id(number)) for number in range(50)))
    async with aclosing(ledger.summaries()) as pages:
        assert await anext(pages)
    assert len([page async for page in ledger.summaries()]) == 16


@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_everybody_with_an_object_id_is_in_exactly_one_part_by_name(
    ledger: Ledger, limit: int
) -> None:
    people = [
        enrolment(
            object_id(number),
            user=UserRef(
                object_id=object_id(number),
                user_principal_name=f"p{number}@contoso.test",
                employee_id=None if number % 2 else str(number),
            ),
        )
        for number in range(30)
    ]
    await put(ledger, *people, enrolment("employee:1"))
    parts = [part async for part in parts_of(ledger, limit)]
    assert all(len(part) == limit for part in parts[:-1])
    listed = [one for part in parts for one in part]
    in_order = sorted(people, key=lambda one: (partition_of(one.key), one.key))
    assert listed == [NamedSummary.of(one) for one in in_order]


async def test_a_part_of_an_empty_ledger_is_the_last(ledger: Ledger) -> None:
    assert await ledger.people_after(None, 10) == PeoplePart([], None)


async def test_a_part_goes_on_after_somebody_who_is_no_longer_remembered(ledger: Ledger) -> None:
    """Given the last of a part is erased before the next is asked for, nobody else is missed."""
    people = [enrolment(object_id(number)) for number in range(20)]
    await put(ledger, *people)
    part = await ledger.people_after(None, 5)
    assert part.after is not None
    await ledger.erase([part.after], lambda _: True, {"erased": 1}, actor="test", now=NOW)
    rest = await ledger.people_after(part.after, 100)
    listed = [one.summary.key for one in (*part.people, *rest.people)]
    assert sorted(listed) == sorted(one.key for one in people)


async def test_a_part_may_hold_more_than_the_service_gives_at_once(ledger: Ledger) -> None:
    """Given 1,001 in one partition, then a part of 1,001 is whole, and one of 1,000 is not last."""
    in_one_partition = (key for key in map(object_id, count()) if partition_of(key) == "p-f")
    people = [enrolment(key) for key, _ in zip(in_one_partition, range(1001), strict=False)]
    await put(ledger, *people)
    first = await ledger.people_after(None, 1000)
    assert len(first.people) == 1000
    last = await ledger.people_after(first.after, 1000)
    assert (len(last.people), last.after) == (1, None)
    assert len((await ledger.people_after(None, 1001)).people) == 1001


async def parts_of(ledger: Ledger, limit: int) -> AsyncIterator[Sequence[NamedSummary]]:
    part = await ledger.people_after(None, limit)
    yield part.people
    while part.after is not None:
        part = await ledger.people_after(part.after, limit)
        yield part.people


async def test_everybody_of_whom_an_event_was_taken_is_told_of_once_wherever_they_are(
    ledger: Ledger,
) -> None:
    """Given people by events, by waves and without an object id, those by events are told whole."""
    told = [*(enrolment(object_id(number)) for number in range(40)), enrolment("employee:1")]
    never = [enrolment(object_id(number), event_time=NO_EVENT) for number in range(40, 60)]
    await put(ledger, *told, *never)
    found = [one async for page in ledger.told_of() for one in page]
    assert sorted(found, key=lambda one: one.key) == sorted(told, key=lambda one: one.key)
