"""The export of one person: by every name, place by place, and what the audit tells of it."""

import json
from dataclasses import replace

import pytest

from shared.contracts.api.personal_data_views import ExportPerson, PersonDataPage
from shared.domain.errors import DirectoryUnavailable, InvalidMessage, NotPossible
from shared.domain.person.enrolment import State
from shared.domain.person.people import UserRef
from shared.domain.person.reasons import Reason
from shared.ports.ledger import Receipt
from shared.use_cases.export_person import ELSEWHERE, digest_of, export_person
from tests.support.course import member, populate
from tests.support.enrolments import NOW, provisional
from tests.support.stage import Stage, an_id, upn_of

WHY = "request 4711 for access"


async def exported(stage: Stage, identity: str) -> list[PersonDataPage]:
    pages: list[PersonDataPage] = []
    number: int | None = 0
    while number is not None:
        asked = ExportPerson(reason=WHY, page=number)
        pages.append(await export_person(identity, asked, stage.world, NOW, actor="kim"))
        number = pages[-1].next_page
    return pages


@pytest.mark.parametrize("identity", [an_id(1), upn_of(1), "1", "employee:1"])
async def test_by_one_name_everything_is_found_that_is_kept_under_any(
    stage: Stage, identity: str
) -> None:
    populate(stage, 2)
    await stage.store(member(1, State.VISIBLE), member(2, State.VISIBLE))
    body = json.dumps({"userPrincipalName": upn_of(1)})
    refused = Receipt(key="r", queue="q", at=NOW, outcome=Reason.INVALID, body=body)
    await stage.world.ledger.record_receipts([refused])
    pages = await exported(stage, identity)
    kinds = {record.kind for page in pages for record in page.records}
    assert {"person", "audit", "receipt"} <= kinds
    told = json.dumps([page.model_dump(mode="json")["records"] for page in pages])
    assert upn_of(2) not in told
    assert all(record.meaning for page in pages for record in page.records)


async def test_who_is_known_nowhere_is_looked_for_by_what_was_given(stage: Stage) -> None:
    body = json.dumps({"employeeId": "left-long-ago"})
    refused = Receipt(key="r", queue="q", at=NOW, outcome=Reason.INVALID, body=body)
    await stage.world.ledger.record_receipts([refused])
    pages = await exported(stage, "left-long-ago")
    [record] = [record for page in pages for record in page.records]
    assert (record.kind, record.content["body"]) == ("receipt", body)


async def test_a_name_of_two_people_is_refused_and_neither_sees_what_is_kept_of_the_other(
    stage: Stage,
) -> None:
    populate(stage, 2)
    twin = stage.tenant.people[an_id(2)]
    stage.tenant.put(replace(twin, ref=replace(twin.ref, employee_id="1")))
    with pytest.raises(NotPossible, match="means 2 people"):
        await exported(stage, "1")
    assert await stage.world.audit.records("messages", 0, 9) == []


async def test_what_was_kept_before_somebody_came_to_be_in_entra_is_theirs(stage: Stage) -> None:
    """Given an enrolment under their employee id, it is found by the UPN that Entra knows."""
    populate(stage, 1)
    waiting = provisional(State.WITHDRAWN, key="employee:1", user=UserRef(employee_id="1"))
    await stage.store(waiting, member(1, State.VISIBLE))
    pages = await exported(stage, upn_of(1))
    keys = {one.content["key"] for page in pages for one in page.records if one.kind == "person"}
    assert keys == {an_id(1), "employee:1"}


async def test_the_audit_tells_of_each_page_that_it_was_read_and_why_and_names_nobody(
    stage: Stage,
) -> None:
    populate(stage, 1)
    pages = await exported(stage, upn_of(1))
    records = await stage.world.audit.records("messages", 0, 99)
    told = [json.loads(record.content) for record in records]
    assert [said["page"] for said in told] == list(range(len(pages)))
    for said in told:
        assert (said["action"], said["actor"], said["reason"]) == ("export-person", "kim", WHY)
        assert said["person"] == digest_of(upn_of(1).upper())
    for record in records:
        assert upn_of(1) not in record.content
        assert an_id(1) not in record.content


async def test_a_page_that_is_read_alone_is_audited(stage: Stage) -> None:
    asked = ExportPerson(reason=WHY, page=2)
    await export_person("ada", asked, stage.world, NOW, actor="kim")
    [record] = await stage.world.audit.records("messages", 0, 9)
    assert json.loads(record.content)["page"] == 2


async def test_the_last_page_says_where_this_product_cannot_look(stage: Stage) -> None:
    pages = await exported(stage, "nobody")
    assert [bool(page.elsewhere) for page in pages] == [False] * (len(pages) - 1) + [True]
    assert pages[-1].elsewhere == ELSEWHERE
    assert [page.place for page in pages] == list(stage.world.personal_data.places)


async def test_a_page_that_is_not_there_is_refused_by_name(stage: Stage) -> None:
    asked = ExportPerson(reason=WHY, page=199)
    with pytest.raises(InvalidMessage, match="page: "):
        await export_person("ada", asked, stage.world, NOW, actor="kim")


@pytest.mark.parametrize(("field", "value"), [("page", 200), ("page", -1), ("reason", "x")])
def test_an_order_beyond_its_bounds_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(InvalidMessage, match=f"{field}: "):
        ExportPerson.read_object({"reason": WHY, field: value})


async def test_without_the_directory_nothing_is_exported_by_half_of_the_names(
    stage: Stage,
) -> None:
    stage.turns.fail("directory.find_people", DirectoryUnavailable("Graph is away"))
    with pytest.raises(DirectoryUnavailable):
        await exported(stage, upn_of(1))
