"""The permissions that are asked of a tenant are those that the product's calls need, no more.

What is asked for is read from the list that the granting script reads. What is needed is what the
simulated tenant, which enforces permissions as documented, says to every method of the adapters.
"""

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from inspect import getmembers, isfunction
from typing import Any

import pytest

from sandbox.tenant.operations import find_operation
from sandbox.tenant.permissions import granted
from shared.adapters.graph.account_changes import GraphAccountChanges
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.scope import GraphScope
from shared.adapters.identity import credential
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.people import Identifier, IdentifierKind
from tests.support.graph_tenant import GRACE, NOBODY, SCOPE, UNA, Tenant
from tests.support.report import report_of
from tests.support.repository import ROOT

LIST = json.loads((ROOT / "infra/graph/permissions.json").read_text(encoding="utf-8"))
UNSCOPED, SCOPED = granted(), granted({"always", "scoped"})
GROUP_SID = "S-1-5-21-1-2-3-1104"
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
UPN = Identifier(IdentifierKind.USER_PRINCIPAL_NAME, "grace@contoso.test")

type Method = Callable[[], Awaitable[Any]]


def readings(directory: GraphDirectory) -> Mapping[str, Method]:
    """Every method of the directory, in use."""

    async def everybody() -> None:
        async for _ in directory.everybody():
            pass

    return {
        "find_people": lambda: directory.find_people([UPN]),
        "names": lambda: directory.names([GRACE]),
        "find_by_source_anchor": lambda: directory.find_by_source_anchor(
            ["q83vASNFZ4mrze8BI0VniQ=="]
        ),
        "find_by_sid": lambda: directory.find_by_sid(["S-1-5-21-1-2-3-1001"]),
        "memberships": lambda: directory.memberships([GRACE]),
        "scope_member_ids": directory.scope_member_ids,
        "group_member_ids": lambda: directory.group_member_ids(SCOPE),
        "synced_groups": lambda: directory.synced_groups([GROUP_SID]),
        "scope_group": directory.scope_group,
        "everybody": everybody,
        "registrations": lambda: report_of(directory),
        "administrator_ids": directory.administrator_ids,
        "registered": directory.registered,
        "resets": lambda: directory.resets(SINCE),
        "policy_changes": lambda: directory.policy_changes(SINCE),
    }


def looks(changes: GraphAccountChanges) -> Mapping[str, Method]:
    """Every method that looks for conversions, in use."""
    return {
        "changed": lambda: changes.changed(None),
        "converted": lambda: changes.converted(SINCE),
    }


def writings(scope: GraphScope) -> Mapping[str, Method]:
    """Every method of the scope, in use on somebody, on nobody and on both at once."""

    async def add() -> None:
        await scope.add([GRACE])
        await scope.add([UNA, NOBODY])
        await scope.add([NOBODY])

    return {"obstacle": scope.obstacle, "add": add, "remove": lambda: scope.remove([GRACE])}


async def operations(
    tenant: Tenant, permissions: Collection[str], *, writes: bool = True
) -> tuple[set[str], bool]:
    """The operations that all of it comes to, and whether any was denied."""
    tenant.do("identities", {"clientId": "app", "roles": list(permissions)})
    twin = {"displayName": "SSPR", "onPremisesSecurityIdentifier": GROUP_SID, "members": []}
    tenant.do("sync", {"groups": [twin]})
    client = GraphClient(lambda: credential("app"), base_url=tenant.base_url)
    changes = GraphAccountChanges(client)
    methods = [*readings(GraphDirectory(client, SCOPE)).values(), *looks(changes).values()]
    if writes:
        methods += writings(GraphScope(client, SCOPE)).values()
    tenant.forget_requests()
    for method in methods:
        with suppress(DirectoryUnavailable):
            await method()
    await client.aclose()
    seen = tenant.requests()
    return set(seen["operations"]), "403" in seen["statuses"]


def public(kind: type) -> set[str]:
    return {name for name, _ in getmembers(kind, isfunction) if not name.startswith("_")}


def calls(when: Collection[str]) -> set[str]:
    """What the list says the product calls."""
    return {call for one in LIST["permissions"] if one["when"] in when for call in one["calls"]}


async def test_every_method_of_the_adapters_is_tried_here(tenant: Tenant) -> None:
    client = GraphClient(credential, base_url=tenant.base_url)
    assert readings(GraphDirectory(client, SCOPE)).keys() == public(GraphDirectory)
    assert writings(GraphScope(client, SCOPE)).keys() == public(GraphScope)
    assert looks(GraphAccountChanges(client)).keys() == public(GraphAccountChanges)


async def test_with_the_permissions_of_the_list_nothing_is_denied(tenant: Tenant) -> None:
    _, denied = await operations(tenant, UNSCOPED)
    assert not denied


async def test_the_list_names_every_call_that_is_made_and_no_other(tenant: Tenant) -> None:
    made, _ = await operations(tenant, UNSCOPED)
    assert made == calls({"always", "unscoped"})


@pytest.mark.parametrize("missing", UNSCOPED)
async def test_without_any_one_of_them_something_is_denied(tenant: Tenant, missing: str) -> None:
    _, denied = await operations(tenant, set(UNSCOPED) - {missing})
    assert denied


async def test_where_a_role_at_a_unit_writes_the_narrower_list_is_enough_to_read(
    tenant: Tenant,
) -> None:
    made, denied = await operations(tenant, SCOPED, writes=False)
    assert not denied
    assert made <= calls({"always", "scoped"})


@pytest.mark.parametrize("missing", SCOPED)
async def test_without_any_one_of_the_narrower_list_some_reading_is_denied(
    tenant: Tenant, missing: str
) -> None:
    _, denied = await operations(tenant, set(SCOPED) - {missing}, writes=False)
    assert denied


def test_each_call_stands_under_a_permission_that_allows_it() -> None:
    for one in LIST["permissions"]:
        for call in one["calls"] if one["when"] != "lifecycle-workflows" else ():
            method, _, template = call.partition(" ")
            found = find_operation(method, template)
            assert found is not None
            # What names the principals of role assignments is read by the permissions for people.
            named = {one["name"]} if "getByIds" not in call else {"User.Read.All"}
            assert named & found[0].permissions


async def test_an_identity_of_which_nothing_is_said_holds_the_list_and_no_more(
    tenant: Tenant,
) -> None:
    client = GraphClient(credential, base_url=tenant.base_url)
    assert (await client.get("/users?$top=1"))["value"]
    with pytest.raises(DirectoryUnavailable, match="403"):
        await client.get("/organization")
    await client.aclose()
