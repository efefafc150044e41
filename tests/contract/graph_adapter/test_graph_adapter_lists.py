"""Lists whose way to the end is not a straight one, and rows that are nobody's."""

import logging
from contextlib import aclosing

import pytest

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.identity import credential
from shared.domain.errors import DirectoryUnavailable
from tests.support.graph_tenant import CLOUD_PEOPLE, DISABLED, GRACE, SCOPE, Tenant
from tests.support.report import report_of

HIRES = [f"hire{number}@contoso.test" for number in range(1100)]
ANCHORS = [f"{number:022d}==" for number in range(1100)]
USERS = [
    {"userPrincipalName": upn, "onPremisesImmutableId": anchor}
    for upn, anchor in zip(HIRES, ANCHORS, strict=True)
]

IN_THE_REPORT = len(CLOUD_PEOPLE) - len(DISABLED) + len(HIRES)


@pytest.fixture(autouse=True)
def crowd(tenant: Tenant) -> None:
    """More than one page of everything."""
    group = {"displayName": "SSPR-Enabled-Users", "onPremisesSecurityIdentifier": "S-1-5-21-7"}
    tenant.do("sync", {"users": USERS, "groups": [{**group, "members": ANCHORS}]})


async def everybody(directory: GraphDirectory) -> set[str]:
    return {person.object_id async for page in directory.everybody() for person in page}


async def test_a_page_token_that_expires_starts_that_list_again(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    for path in ("^/users$", "transitiveMembers", "userRegistrationDetails"):
        tenant.do(
            "faults",
            {
                "match": {"method": "GET", "path": path, "query": "skiptoken"},
                "action": "error",
                "error": "page-token-expired",
            },
        )
    assert len(await everybody(directory)) == len(CLOUD_PEOPLE) + len(HIRES)
    members = await directory.group_member_ids(SCOPE)
    assert members is not None
    assert len(members) == len(HIRES)
    assert len(await report_of(directory)) == IN_THE_REPORT


async def test_a_list_whose_tokens_always_expire_is_given_up(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    fault = {"action": "error", "error": "page-token-expired", "times": 100}
    tenant.do("faults", {"match": {"method": "GET", "query": "skiptoken"}, **fault})
    with pytest.raises(DirectoryUnavailable, match="Directory_ExpiredPageToken"):
        await everybody(directory)


async def test_a_list_that_leads_back_is_read_again_and_never_without_end(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    tenant.fail("GET", "^/users$", "repeat-link")
    assert len(await everybody(directory)) == len(CLOUD_PEOPLE) + len(HIRES)
    tenant.forget_requests()
    tenant.fail("GET", "^/users$", "repeat-link", times=100)
    with pytest.raises(DirectoryUnavailable, match="leads back"):
        await everybody(directory)
    assert tenant.requests()["httpRequests"] < 10


async def test_a_list_inside_a_batch_bears_the_same(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    for action in ({"action": "repeat-link"}, {"action": "error", "error": "page-token-expired"}):
        query = "skiptoken" if "error" in action else ""
        match = {"method": "GET", "path": "transitiveMemberOf", "query": query}
        tenant.do("faults", {"match": match, **action})
    assert GRACE in await directory.memberships([GRACE])


async def test_rows_without_an_id_are_left_out_and_told_of(
    tenant: Tenant, directory: GraphDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("^/users$", "transitiveMembers", "userRegistrationDetails"):
        tenant.fail("GET", path, "omit-ids")
    with caplog.at_level(logging.WARNING):
        assert 0 < len(await everybody(directory)) < len(CLOUD_PEOPLE) + len(HIRES)
        assert await directory.group_member_ids(SCOPE)
        assert await report_of(directory)
    assert sum("rows-without-id" in line for line in caplog.messages) == 3


async def test_anchors_are_asked_for_as_an_advanced_query_where_that_is_what_it_takes(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    for by_the_table, requests in ((1, 2), (0, 1)):
        tenant.do("settings", {"filtersByTheTable": by_the_table})
        tenant.forget_requests()
        assert len(await directory.find_by_source_anchor(ANCHORS[:40])) == 40
        assert tenant.requests()["httpRequests"] == requests
    tenant.fail("GET", "^/users$", "error", error="unsupported-query", times=100)
    with pytest.raises(DirectoryUnavailable, match="Request_UnsupportedQuery"):
        await directory.find_by_source_anchor(ANCHORS[:40])


async def kept_place(directory: GraphDirectory) -> tuple[set[str], str]:
    """The first page of the report, and the link that a run would keep for the next one."""
    async with aclosing(directory.registrations()) as report:
        async for page in report:
            assert page.following is not None
            return set(page.rows), page.following
    raise AssertionError("the report has no page")


async def read_from(directory: GraphDirectory, place: str) -> list[set[str]]:
    return [set(page.rows) async for page in directory.registrations(place)]


async def test_a_report_is_carried_on_by_another_process_from_the_link_that_was_kept(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    first, place = await kept_place(directory)
    client = GraphClient(credential, base_url=tenant.base_url)
    try:
        rest = await read_from(GraphDirectory(client, SCOPE), place)
    finally:
        await client.aclose()
    assert len(rest) == 1
    assert not first & rest[0]
    assert len(first | rest[0]) == IN_THE_REPORT


@pytest.mark.parametrize("error", ["page-token-expired", "page-token-forgotten", "not-found"])
async def test_a_report_whose_kept_link_is_gone_is_read_again_from_its_start(
    tenant: Tenant, directory: GraphDirectory, error: str
) -> None:
    _, place = await kept_place(directory)
    match = {"method": "GET", "path": "userRegistrationDetails", "query": "skiptoken"}
    tenant.do("faults", {"match": match, "action": "error", "error": error})
    pages = await read_from(directory, place)
    assert set().union(*pages) == set(await report_of(directory))
    assert len(pages) == 2


async def test_a_kept_link_that_leads_elsewhere_is_not_followed(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    tenant.forget_requests()
    pages = await read_from(directory, "/users?$top=999")
    assert len(set().union(*pages)) == IN_THE_REPORT
    assert tenant.requests()["httpRequests"] == len(pages) == 2
