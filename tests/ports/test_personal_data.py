"""Personal data in memory and in tables: whatever names a person is found, wherever it stands."""

import dataclasses
from datetime import timedelta
from itertools import count, islice

import pytest

from shared.adapters.memory.personal_data import PARTS
from shared.adapters.memory.storage import Storage
from shared.adapters.tables.table import Verb, Write
from shared.domain.errors import UnreadableRow
from shared.domain.person.brake import Direction, Rate
from shared.domain.person.enrolment import State
from shared.domain.person.mentions import Names
from shared.domain.person.partitions import BUCKETS, bucket
from shared.domain.person.people import UserRef
from shared.domain.person.preflight import Preflight
from shared.domain.person.reasons import Reason
from shared.ports.held_events import HeldEvent
from shared.ports.ledger import Receipt
from shared.ports.personal_data import MOST_RECORDS, KeptRecord
from shared.ports.plans import PlannedPerson
from shared.ports.preflights import PreflightQuestion
from shared.ports.scim_users import ScimUser
from tests.support.enrolments import NOW, enrolment, provisional
from tests.support.golden_rows import PLAN
from tests.support.ports.kept import Kept, Opening
from tests.support.stage import an_id, upn_of

ME = UserRef(
    object_id=an_id(1), user_principal_name=upn_of(1), employee_id="7", source_anchor="YWRh"
)
OTHER = UserRef(object_id=an_id(2), user_principal_name=upn_of(2), employee_id="77")
NAMES = Names.of([ME])


async def fill(tables: Kept, user: UserRef) -> None:
    """Has every port keep something of the person."""
    key, upn = user.object_id or "", user.user_principal_name or ""
    person = enrolment(State.VISIBLE, key=key, user=user)
    await tables.ledger.amend([key], lambda *_: person, actor="hr", now=NOW)
    before = provisional(
        State.WAITING,
        key=f"employee:{user.employee_id}",
        user=UserRef(employee_id=user.employee_id),
    )
    await tables.ledger.amend([before.key], lambda *_: before, actor="hr", now=NOW)
    body = f'{{"userPrincipalName": "{upn.upper()}"}}'
    refused = Receipt(key=f"r-{key}", queue="q", at=NOW, outcome=Reason.INVALID, body=body)
    taken = Receipt(key=f"t-{key}", queue="q", at=NOW, outcome=Reason.ADDED, person_key=key)
    await tables.ledger.record_receipts([refused, taken])
    plan = dataclasses.replace(PLAN, fingerprint=f"f-{user.employee_id}")
    await tables.plans.keep(
        plan, [PlannedPerson(object_id=key, action="add", wave="w", reason="r")]
    )
    held = HeldEvent(
        brake="hr",
        direction=Direction.JOINING,
        person_key=key,
        event_key=f"e-{user.employee_id}",
        held_at=NOW,
        occurred_at=NOW,
        body=body,
    )
    await tables.held_events.keep([held])
    rate = Rate(people=9, within=timedelta(hours=1))
    await tables.held_events.admit(f"b-{user.employee_id}", Direction.JOINING, [key], rate, NOW)
    question = PreflightQuestion(
        check=f"c-{user.employee_id}",
        part=0,
        people=(key,),
        asked_at=NOW,
        expires_at=NOW,
        actor="kim",
    )
    await tables.preflights.ask([question])
    finding = Preflight(key=key, seen_at=NOW, worker="w", findings=())
    await tables.preflights.answered(question, [finding], NOW)
    scim = ScimUser(
        source="okta",
        id=f"s-{user.employee_id}",
        attributes={"userName": upn},
        created_at=NOW,
        changed_at=NOW,
    )
    await tables.scim_users.create(scim)


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
