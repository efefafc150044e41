"""Personal data in memory and in tables: whatever names a person is found, wherever it stands."""

import dataclasses
import json
from itertools import count, islice

import pytest

from shared.adapters.memory.personal_data import PARTS
from shared.adapters.memory.storage import Storage
from shared.adapters.tables.erasures import ERASURES
from shared.adapters.tables.table import Verb, Write
from shared.domain.audit import broken_at
from shared.domain.errors import UnreadableRow, WorldChanged
from shared.domain.person.enrolment import State
from shared.domain.person.erasure import Fate, Subject, fate_of
from shared.domain.person.mentions import Names
from shared.domain.person.partitions import BUCKETS, bucket
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.ports.ledger import Receipt
from shared.ports.personal_data import ERASABLE, MOST_RECORDS, KeptRecord
from shared.ports.plans import PlannedPerson
from shared.ports.preflights import PreflightQuestion
from shared.ports.scim_users import ScimKey
from tests.support.enrolments import NOW, enrolment, provisional
from tests.support.golden_rows import PLAN
from tests.support.ports.kept import Kept, Opening
from tests.support.ports.personal_data import fill
from tests.support.stage import an_id, upn_of

ME = UserRef(
    object_id=an_id(1), user_principal_name=upn_of(1), employee_id="7", source_anchor="YWRh"
)
OTHER = UserRef(object_id=an_id(2), user_principal_name=upn_of(2), employee_id="77")
NAMES = Names.of([ME])


async def everything(tables: Kept, names: Names) -> list[KeptRecord]:
    data = tables.personal_data
    return [record for place in data.places for record in await data.find(place, names)]


KINDS_WITH_PEOPLE = {
    "person",
    "audit",
    "receipt",
    "page",
    "held",
    "preflight",
    "question",
    "scim-user",
}


async def test_whatever_names_the_person_is_found_and_nothing_of_anybody_else(
    tables: Kept,
) -> None:
    await fill(tables, ME)
    await fill(tables, OTHER)
    found = await everything(tables, NAMES)
    assert {one.kind for one in found} >= KINDS_WITH_PEOPLE
    assert [one.kind for one in found].count("receipt") == 2
    assert [one.kind for one in found].count("person") == 2
    other = Names.of([OTHER])
    assert not [one for one in found if other.are_in([one.key, one.content])]


async def test_of_somebody_who_is_named_nowhere_nothing_is_found(tables: Kept) -> None:
    await fill(tables, OTHER)
    assert await everything(tables, NAMES) == []


async def test_of_a_person_who_is_named_everywhere_one_more_than_is_told_is_found(
    tables: Kept,
) -> None:
    in_one = (key for key in map(str, count()) if bucket(key) == BUCKETS[0])
    receipts = [
        Receipt(key=key, queue="q", at=NOW, outcome=Reason.ADDED, person_key=an_id(1))
        for key in islice(in_one, MOST_RECORDS + 20)
    ]
    await tables.ledger.record_receipts(receipts)
    data = tables.personal_data
    place = next(one for one in data.places if one.startswith("receipts"))
    assert len(await data.find(place, NAMES)) == MOST_RECORDS + 1


def _columns(record: KeptRecord) -> tuple[str, str, str]:
    return record.table, record.key, json.dumps(record.content, sort_keys=True, default=str)


async def test_what_is_theirs_is_erased_with_its_index_and_others_keep_every_byte(
    tables: Kept,
) -> None:
    await fill(tables, ME)
    await fill(tables, OTHER)
    other = Names.of([OTHER])
    before = {_columns(one) for one in await everything(tables, other) if one.kind != "head"}
    totals = await tables.ledger.totals()
    keys = {an_id(1), "employee:7"}
    subject = Subject(an_id(1), NAMES, frozenset(keys))
    for record in await everything(tables, NAMES):
        fate = fate_of(record.kind, record.content, subject, NOW)
        if record.kind in ERASABLE and fate is not Fate.KEPT:
            await tables.personal_data.erase(record, subject)
            await tables.personal_data.erase(record, subject)
    for _ in range(2):
        said = {"action": "erase-person", "person": "digest"}
        await tables.ledger.erase(keys, lambda _: True, said, actor="kim", now=NOW)
    assert {one.kind for one in await everything(tables, NAMES)} == {"audit"}
    assert {_columns(one) for one in await everything(tables, other)} == before
    left = await tables.ledger.totals()
    assert sum(left.by_state.values()) == sum(totals.by_state.values()) - 2
    assert left.refused_messages == totals.refused_messages - 1
    assert not await tables.ledger.load(keys)
    assert await tables.held_events.count() == 1
    assert await tables.scim_users.find_by("okta", ScimKey.USER_NAME, upn_of(1)) == []
    for end in await tables.audit.ends():
        assert broken_at(await tables.audit.records(end.partition, 0, 100), end) is None


async def test_of_a_list_only_their_own_line_goes(tables: Kept) -> None:
    people = [
        PlannedPerson(object_id=an_id(number), action="add", wave="w", reason="r")
        for number in (1, 2)
    ]
    await tables.plans.keep(PLAN, people)
    question = PreflightQuestion(
        check="c", part=0, people=(an_id(1), an_id(2)), asked_at=NOW, expires_at=NOW, actor="kim"
    )
    await tables.preflights.ask([question])
    subject = Subject(an_id(1), NAMES, frozenset({an_id(1)}))
    for record in await everything(tables, NAMES):
        await tables.personal_data.erase(record, subject)
    assert await tables.plans.people(PLAN.fingerprint, 0) == people[1:]
    left = await tables.preflights.question("c.0")
    assert left == dataclasses.replace(question, people=(an_id(2),))


async def test_a_key_that_led_to_the_person_leads_nowhere_afterwards(tables: Kept) -> None:
    before = provisional(State.WAITING, key="employee:7", user=UserRef(employee_id="7"))
    await tables.ledger.amend([before.key], lambda *_: before, actor="hr", now=NOW)
    arrived = enrolment(State.VISIBLE, key=an_id(1), user=ME)
    await tables.ledger.adopt(before.key, arrived, actor="clock", now=NOW)
    keys = {an_id(1), before.key}
    said = {"action": "erase-person"}
    with pytest.raises(WorldChanged):
        await tables.ledger.erase(keys, lambda _: False, said, actor="kim", now=NOW)
    assert await tables.ledger.load([an_id(1)])
    await tables.ledger.erase(keys, lambda _: True, said, actor="kim", now=NOW)
    assert not await tables.ledger.load(keys)
    again = await tables.ledger.amend([before.key], lambda *_: before, actor="hr", now=NOW)
    assert again == {before.key: before}


def test_every_kind_that_is_erased_is_erased_in_tables_as_well() -> None:
    assert ERASURES.keys() == ERASABLE


def test_every_part_of_the_storage_in_memory_is_looked_through() -> None:
    """A new part that nobody looks through fails here, and is not silently left out."""
    assert PARTS.keys() == {one.name for one in dataclasses.fields(Storage)}


@pytest.mark.parametrize("opening", ["azurite"], indirect=True)
async def test_a_row_of_a_kind_that_nobody_knows_is_no_silence(opening: Opening) -> None:
    async with opening() as tables:
        await tables.ledger.record_receipts(
            [Receipt(key="k", queue="q", at=NOW, outcome=Reason.ADDED)]
        )
        planted = tables.personal_data._tables["plans"]  # type: ignore[attr-defined]
        row = {"PartitionKey": "new", "RowKey": f"diary|{an_id(1)}", "Text": upn_of(1)}
        await planted.submit([Write(Verb.PUT, row)])
        with pytest.raises(UnreadableRow, match="diary"):
            await everything(tables, NAMES)
