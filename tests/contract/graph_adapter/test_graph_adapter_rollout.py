"""What the rollout engine reads from the simulated tenant: everybody, and how resets go."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.testing.connect_host_stub import ConnectHost, listening
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.listing import pages
from shared.adapters.graph.scope import GraphScope
from shared.adapters.identity import credential
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.methods import HeldMethods
from shared.domain.person.people import Person
from shared.domain.rollout.resets import ResetOutcome
from tests.support.graph_tenant import (
    CLOUD_PEOPLE,
    COMPANY,
    EXCLUDED,
    GRACE,
    GUSTAV,
    SCOPE,
    UNA,
    Tenant,
)
from tests.support.report import report_of

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ADA = COMPANY.by_upn["ada@contoso.test"]
HIRES = [f"hire{number}@contoso.test" for number in range(1000)]


@pytest.fixture
def connect_host(tenant: Tenant) -> Iterator[ConnectHost]:
    with listening() as host:
        tenant.do("settings", {"connectHost": host.url})
        yield host


def arrive(tenant: Tenant, *upns: str, group: str | None = None) -> None:
    """Have Entra Connect bring synced users, in a synced group where one is named."""
    users = [
        {"userPrincipalName": upn, "onPremisesImmutableId": f"{number:022d}=="}
        for number, upn in enumerate(upns)
    ]
    members = [user["onPremisesImmutableId"] for user in users]
    sid = "S-1-5-21-7"
    groups = [{"displayName": group, "onPremisesSecurityIdentifier": sid, "members": members}]
    tenant.do("sync", {"users": users, "groups": groups if group else []})


def try_resets(tenant: Tenant, *upns: str) -> list[dict[str, Any]]:
    body = {"userPrincipalNames": upns, "newPassword": "forgotten-no-more-1"}
    results: list[dict[str, Any]] = tenant.http.post("/sandbox/resets", json=body).json()
    return results


async def outcomes(
    directory: GraphDirectory, since: datetime = LONG_AGO
) -> set[tuple[str, ResetOutcome]]:
    return {(reset.object_id, reset.outcome) for reset in await directory.resets(since)}


async def test_everybody_is_listed_by_the_page_guests_and_newcomers_too(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    arrive(tenant, ADA.user_principal_name, *HIRES)
    tenant.forget_requests()
    pages = [page async for page in directory.everybody()]
    assert tenant.requests()["httpRequests"] == len(pages) == 2
    people = {person.object_id: person for page in pages for person in page}
    assert len(people) == sum(map(len, pages)) == len(CLOUD_PEOPLE) + len(HIRES) + 1
    assert people.keys() > set(CLOUD_PEOPLE)
    assert people[GUSTAV].guest
    assert not people[UNA].licensed


async def test_everybody_comes_with_what_a_rollout_may_ask_about(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    arrive(tenant, ADA.user_principal_name)
    listed = {person.object_id: person async for page in directory.everybody() for person in page}

    def described(person: Person) -> tuple[str | None, ...]:
        return (
            person.department,
            person.company,
            person.employee_type,
            person.job_title,
            person.usage_location,
        )

    assert described(listed[GRACE]) == ("Engineering", "Contoso", "Employee", "Engineer", "GB")
    assert listed[GRACE].office == "London"
    assert described(listed[ADA.object_id])[1:] == ("Contoso", "Employee", "Engineer", "GB")
    assert listed[ADA.object_id].synced
    kinds = [person.employee_type for person in listed.values()]
    assert 0 < kinds.count("Contractor") < kinds.count("Employee") / 10
    assert listed[GUSTAV].employee_type is None


async def test_a_group_is_everybody_in_it_and_in_groups_in_it_by_the_page(
    tenant: Tenant, directory: GraphDirectory, client: GraphClient
) -> None:
    arrive(tenant, *HIRES, group="Pilots")
    pilots = tenant.do("groups", {"displayName": "Pilots"})["id"]
    await GraphScope(client, EXCLUDED).add([GRACE, pilots])
    inside = await directory.group_member_ids(EXCLUDED)
    assert inside is not None
    assert pilots not in inside
    excluded = {each.object_id for each in COMPANY.people_mastered_in_cloud if each.excluded}
    assert len(inside) == len({GRACE, *excluded}) + len(HIRES)
    assert await directory.group_member_ids(pilots) == inside - {GRACE, *excluded}


async def test_a_change_of_the_methods_policy_is_none_of_whom_sspr_is_on_for(
    tenant: Tenant, directory: GraphDirectory, client: GraphClient
) -> None:
    """Given one in the audit log, then what is read of SSPR's own settings is silent.

    An entry that nobody can read would be taken for a change of the scope, and pause the rollout.
    """
    tenant.do("settings", {"disabledMethods": ["email"]})
    listed = [one async for page in pages(client, "/auditLogs/directoryAudits") for one in page]
    assert [one["activityDisplayName"] for one in listed] == [
        "Authentication Methods Policy Update"
    ]
    assert await directory.policy_changes(LONG_AGO) == []


async def test_an_outage_is_not_taken_for_a_missing_group(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    tenant.fail("GET", "transitiveMembers", "status", status=403)
    with pytest.raises(DirectoryUnavailable, match="403"):
        await directory.group_member_ids(SCOPE)


async def test_who_has_registered_is_read_past_the_first_page(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    arrive(tenant, *HIRES)
    assert await directory.registered() == {}
    tenant.do("registrations", {"userPrincipalNames": [*HIRES, "grace@contoso.test"]})
    tenant.forget_requests()
    registered = await directory.registered()
    assert tenant.requests()["httpRequests"] == 2
    assert len(registered) == len(HIRES) + 1
    assert GRACE in registered
    assert UNA not in registered


async def test_a_writeback_that_fails_is_told_from_a_success(
    tenant: Tenant, directory: GraphDirectory, connect_host: ConnectHost
) -> None:
    arrive(tenant, ADA.user_principal_name, group="SSPR-Enabled-Users")
    tenant.do("registrations", {"userPrincipalNames": [ADA.user_principal_name]})
    assert try_resets(tenant, ADA.user_principal_name)[0]["code"] == "ok"
    assert await outcomes(directory) == {(ADA.object_id, ResetOutcome.SUCCEEDED)}
    connect_host.refuse()
    (refused,) = try_resets(tenant, ADA.user_principal_name)
    assert (refused["code"], refused["eventId"]) == ("SSPR_0029", 33004)
    assert (ADA.object_id, ResetOutcome.WRITEBACK_FAILED) in await outcomes(directory)


@pytest.mark.parametrize("connect_host_url", ["http://127.0.0.1:9", None])
async def test_a_writeback_that_reaches_nobody_has_failed_too(
    tenant: Tenant, directory: GraphDirectory, connect_host_url: str | None
) -> None:
    arrive(tenant, ADA.user_principal_name, group="SSPR-Enabled-Users")
    tenant.do("registrations", {"userPrincipalNames": [ADA.user_principal_name]})
    tenant.do("settings", {"connectHost": connect_host_url})
    try_resets(tenant, ADA.user_principal_name)
    assert await outcomes(directory) == {(ADA.object_id, ResetOutcome.WRITEBACK_FAILED)}


async def test_resets_are_read_from_a_moment_on_and_past_the_first_page(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    people = [each for each in COMPANY.people_mastered_in_cloud if not each.directory_role]
    names = [each.user_principal_name for each in people]
    try_resets(tenant, "grace@contoso.test")
    tenant.do("clock", {"offsetSeconds": 3600})
    try_resets(tenant, *names)
    tenant.forget_requests()
    later = await directory.resets(datetime.now(UTC) + timedelta(minutes=30))
    assert tenant.requests()["httpRequests"] == 2
    in_time = datetime.now(UTC) + timedelta(hours=1)
    assert all(timedelta() < in_time - reset.at < timedelta(minutes=1) for reset in later)
    disabled = [each for each in people if each.disabled]
    assert len(later) == len(names) - len(disabled) > 450
    assert len(await directory.resets(LONG_AGO)) == len(later) + 1


async def test_readers_of_reports_take_turns_within_the_quota_and_all_finish(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    # Ten requests in ten seconds, one of which grows back every second.
    tenant.do("quotas", {"factor": 2})
    await asyncio.gather(
        report_of(directory),
        directory.registered(),
        directory.administrator_ids(),
        *(directory.resets(LONG_AGO) for _ in range(11)),
    )
    assert tenant.requests()["statuses"]["429"] <= 5


async def test_a_throttled_page_of_a_report_is_waited_for(
    tenant: Tenant, directory: GraphDirectory
) -> None:
    tenant.do("registrations", {"userPrincipalNames": ["grace@contoso.test"]})
    tenant.fail("GET", "userRegistrationDetails", "status", status=429, retryAfter=1)
    assert await directory.registered() == {GRACE: HeldMethods(frozenset({"email", "mobilePhone"}))}


async def test_ten_days_later_old_tokens_and_new_ones_are_good_and_lags_begin_anew(
    tenant: Tenant, directory: GraphDirectory, scope: GraphScope
) -> None:
    tenant.do("settings", {"membershipLagSeconds": 86_400, "reportLagSeconds": 86_400})
    await scope.add([GRACE])
    assert await directory.scope_member_ids() == frozenset()
    tenant.do("clock", {"offsetSeconds": 10 * 86_400})
    assert await directory.scope_member_ids() == {GRACE}
    assert (await report_of(directory))[GRACE].sspr_enabled
    await scope.add([UNA])
    assert await directory.scope_member_ids() == {GRACE}
    newcomer = GraphClient(credential, base_url=tenant.base_url)
    assert await GraphDirectory(newcomer, SCOPE).scope_member_ids() == {GRACE}
    await newcomer.aclose()
