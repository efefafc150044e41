"""Reading people and groups from the simulated tenant: real process, real SDK, real HTTP."""

from typing import Any

from sandbox.company import SYNCED_SCOPE_GROUP
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.scope import GraphScope
from shared.domain.person.people import Identifier, IdentifierKind
from tests.support.graph_tenant import (
    CLOUD_PEOPLE,
    COMPANY,
    EXCLUDED,
    GRACE,
    NOBODY,
    UNA,
    Tenant,
)
from tests.support.report import report_of

ADA_ANCHOR, OTHER_ANCHOR = "q83vASNFZ4mrze8BI0VniQ==", "Q83vASNFZ4mrze8BI0VniQ=="


def by_upn(upn: str) -> Identifier:
    return Identifier(IdentifierKind.USER_PRINCIPAL_NAME, upn)


async def test_nobody_is_told_from_somebody_without_a_second_request(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    nobody, no_guid = (Identifier(IdentifierKind.OBJECT_ID, value) for value in (NOBODY, "x'y"))
    una = by_upn("una@contoso.test")
    found = await directory.find_people([nobody, una, no_guid])
    assert found[nobody] == found[no_guid] == ()
    assert not found[una][0].licensed
    assert tenant.requests()["httpRequests"] == 1


async def test_a_thousand_people_are_found_in_five_requests(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    people = [each for each in COMPANY.people if each.employee_id][:500]
    identifiers = [by_upn(each.user_principal_name) for each in people]
    identifiers += [
        Identifier(IdentifierKind.EMPLOYEE_ID, str(each.employee_id)) for each in people
    ]
    found = await directory.find_people(identifiers)
    in_tenant = {each.object_id for each in people} & set(CLOUD_PEOPLE)
    assert len(in_tenant) > 100
    assert {person.object_id for matches in found.values() for person in matches} == in_tenant
    assert found.keys() == set(identifiers)
    assert len(found) > 990
    assert tenant.requests()["httpRequests"] <= 5


async def test_memberships_are_read_past_the_first_page(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    groups = [
        {"displayName": f"G{number}", "onPremisesSecurityIdentifier": f"S-1-5-21-{number}"}
        for number in range(1001)
    ]
    user = {"userPrincipalName": "ada@contoso.test", "onPremisesImmutableId": ADA_ANCHOR}
    tenant.do("sync", {"users": [user], "groups": [{**g, "members": [ADA_ANCHOR]} for g in groups]})
    ada = COMPANY.by_upn["ada@contoso.test"].object_id
    assert len((await directory.memberships([ada]))[ada].group_ids) == 1001


async def test_the_scope_is_everybody_in_it_and_in_groups_in_it_but_not_these(
    tenant: Tenant, directory: GraphDirectory, scope: GraphScope
) -> None:
    await scope.add([*CLOUD_PEOPLE[:30], EXCLUDED])
    users = [
        {
            "userPrincipalName": f"hire{number}@contoso.test",
            "onPremisesImmutableId": f"{number:022d}==",
        }
        for number in range(1000)
    ]
    synced: dict[str, Any] = {
        "displayName": SYNCED_SCOPE_GROUP,
        "onPremisesSecurityIdentifier": "S-1-5-21-7",
        "members": [each["onPremisesImmutableId"] for each in users],
    }
    tenant.do("sync", {"users": users, "groups": [synced]})
    seen = await directory.scope_member_ids()
    hires = await directory.find_by_source_anchor(synced["members"])
    assert len(hires) == 1000
    nested = {each.object_id for each in COMPANY.people_mastered_in_cloud if each.excluded}
    assert seen == {*CLOUD_PEOPLE[:30], *(hire.object_id for hire in hires.values()), *nested}


async def test_the_whole_registration_report_is_read(
    tenant: Tenant, directory: GraphDirectory, scope: GraphScope
) -> None:
    await scope.add([GRACE])
    users = [
        {"userPrincipalName": f"hire{number}@contoso.test", "onPremisesImmutableId": f"{number}"}
        for number in range(1000)
    ]
    tenant.do("sync", {"users": users})
    report = await report_of(directory)
    assert len(report) > 1000
    assert report[GRACE].sspr_enabled
    assert not report[GRACE].sspr_registered
    assert not report[UNA].sspr_enabled
