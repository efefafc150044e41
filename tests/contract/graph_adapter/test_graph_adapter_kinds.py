"""Kinds of people in the simulated tenant: who holds which role, and who has which licence."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.scope import GraphScope
from shared.adapters.identity import credential
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.people import Identifier, IdentifierKind, Trait
from tests.support.graph_tenant import SCOPE, Tenant

HELPDESK, READER = "Helpdesk Administrator", "Global Reader"


def put(tenant: Tenant, **fields: Any) -> str:
    return str(tenant.do("users", {"userPrincipalName": "rita@contoso.test", **fields})["id"])


@pytest.fixture
async def assignments(tenant: Tenant) -> AsyncIterator[GraphDirectory]:
    """A directory that reads role assignments."""
    roles = ["User.Read.All", "AuditLog.Read.All", "GroupMember.Read.All"]
    tenant.do("identities", {"clientId": "pim", "roles": [*roles, "RoleManagement.Read.Directory"]})
    client = GraphClient(lambda: credential("pim"), base_url=tenant.base_url)
    yield GraphDirectory(client, SCOPE, reads_role_assignments=True)
    await client.aclose()


async def told_by_both(directory: GraphDirectory, object_id: str) -> tuple[bool, bool]:
    """What an event and what a plan are told of somebody."""
    looked_at = await directory.memberships([object_id])
    by_event = looked_at[object_id].holds_directory_role
    return by_event, object_id in await directory.administrator_ids()


@pytest.mark.parametrize(("role", "governed"), [(HELPDESK, True), (READER, False)])
async def test_an_event_and_a_plan_are_told_the_same_of_a_role(
    tenant: Tenant, directory: GraphDirectory, role: str, governed: bool
) -> None:
    rita = put(tenant, directoryRoles=[role])
    assert await told_by_both(directory, rita) == (governed, governed)


@pytest.mark.parametrize("how", ["eligibleRoles", "unitRoles"])
@pytest.mark.parametrize(("role", "governed"), [(HELPDESK, True), (READER, False)])
async def test_whoever_may_take_a_role_or_has_it_in_a_unit_counts_where_that_may_be_read(
    tenant: Tenant,
    directory: GraphDirectory,
    assignments: GraphDirectory,
    *,
    how: str,
    role: str,
    governed: bool,
) -> None:
    rita = put(tenant, **{how: [role]})
    assert await told_by_both(directory, rita) == (False, False)
    assert await told_by_both(assignments, rita) == (governed, governed)


async def test_role_assignments_that_may_not_be_read_are_not_taken_for_none(
    tenant: Tenant,
) -> None:
    tenant.do("identities", {"clientId": "app", "roles": ["User.Read.All", "AuditLog.Read.All"]})
    client = GraphClient(lambda: credential("app"), base_url=tenant.base_url)
    directory = GraphDirectory(client, SCOPE, reads_role_assignments=True)
    with pytest.raises(DirectoryUnavailable, match="403"):
        await directory.administrator_ids()
    await client.aclose()


async def test_what_tells_the_kinds_of_accounts_apart_is_read(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    upn = "oslo_fabrikam.test#EXT#@contoso.test"
    extensions = {"extensionAttribute5": "room", "extensionAttribute6": None}
    room = put(
        tenant,
        userPrincipalName=upn,
        displayName="Meeting room Oslo",
        creationType="Invitation",
        employeeType="Service",
        onPremisesExtensionAttributes=extensions,
    )
    by_id = Identifier(IdentifierKind.OBJECT_ID, room)
    (found,) = (await directory.find_people([by_id]))[by_id]
    listed = [each async for page in directory.everybody() for each in page]
    assert found in listed
    assert found.external_member
    assert [found.trait(each) for each in Trait if found.trait(each)] == [
        upn,
        "Meeting room Oslo",
        "Service",
        "Invitation",
        "room",
    ]


@pytest.mark.parametrize(
    ("licence", "synced", "licensed"),
    [
        ("premium", False, True),
        ("grace", False, True),
        ("suspended", False, False),
        ("business-standard", False, True),
        ("business-standard", True, False),
    ],
)
async def test_who_may_reset_by_their_licence_is_who_the_tenant_lets_reset(
    tenant: Tenant,
    directory: GraphDirectory,
    scope: GraphScope,
    *,
    licence: str,
    synced: bool,
    licensed: bool,
) -> None:
    rita = put(tenant, licence=licence, onPremisesSyncEnabled=synced or None)
    rita_by_id = Identifier(IdentifierKind.OBJECT_ID, rita)
    (person,) = (await directory.find_people([rita_by_id]))[rita_by_id]
    assert person.licensed is licensed
    await scope.add([rita])
    tenant.do("registrations", {"userPrincipalNames": ["rita@contoso.test"]})
    body = {"userPrincipalNames": ["rita@contoso.test"], "newPassword": "forgotten-no-more-1"}
    (result,) = tenant.http.post("/sandbox/resets", json=body).json()
    assert (result["code"] != "SSPR_0012") is licensed
