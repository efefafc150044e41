"""Where everybody stands, read by the page."""

from contextlib import aclosing
from dataclasses import replace
from itertools import count

from shared.domain.person.enrolment import Exclusion, Provenance, State
from shared.domain.person.membership import NO_EVENT
from shared.domain.person.partitions import partition_of
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.ports.ledger import Ledger
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


async def test_everybody_of_whom_an_event_was_taken_is_told_of_once_wherever_they_are(
    ledger: Ledger,
) -> None:
    """Given people by events, by waves and without an object id, those by events are told whole."""
    told = [*(enrolment(object_id(number)) for number in range(40)), enrolment("employee:1")]
    never = [enrolment(object_id(number), event_time=NO_EVENT) for number in range(40, 60)]
    await put(ledger, *told, *never)
    found = [one async for page in ledger.told_of() for one in page]
    assert sorted(found, key=lambda one: one.key) == sorted(told, key=lambda one: one.key)
