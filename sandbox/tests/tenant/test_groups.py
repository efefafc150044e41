"""The simulated tenant reads and writes group members as Graph does, lags and all."""

from collections.abc import Iterator

import pytest

from sandbox.testing.tenant_process import RunningTenant, running, synced_user
from sandbox.testing.waiting import wait_until

NOBODY = "00000000-0000-4000-8000-000000000000"
ALREADY = (
    "One or more added object references already exist for the following modified properties: "
    "'members'."
)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTenant]:
    with running(tmp_path_factory.mktemp("tenant")) as tenant:
        yield tenant


@pytest.fixture
def tenant(process: RunningTenant) -> RunningTenant:
    process.sandbox("POST", "reset")
    process.sandbox("POST", "settings", {"membershipLagSeconds": 0})
    return process


def cloud_people(tenant: RunningTenant, count: int) -> list[str]:
    return [user["id"] for user in tenant.get("/users", top=count, select="id")["value"]]


def members(tenant: RunningTenant, group: str) -> set[str]:
    pages = tenant.pages(f"/groups/{group}/members", select="id", top=15)
    return {member["id"] for page in pages for member in page}


def test_one_patch_adds_twenty_members(tenant: RunningTenant) -> None:
    scope, people = tenant.group_id("SSPR-Scope"), cloud_people(tenant, 20)
    assert tenant.add(scope, *people).status_code == 204
    assert members(tenant, scope) == set(people)


def test_twenty_one_are_too_many_for_one_patch(tenant: RunningTenant) -> None:
    scope, people = tenant.group_id("SSPR-Scope"), cloud_people(tenant, 21)
    assert tenant.add(scope, *people).status_code == 400
    assert members(tenant, scope) == set()


def test_one_member_who_is_there_already_fails_the_whole_patch(tenant: RunningTenant) -> None:
    scope, (first, second) = tenant.group_id("SSPR-Scope"), cloud_people(tenant, 2)
    tenant.add(scope, first)
    response = tenant.add(scope, second, first)
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "Request_BadRequest"
    assert response.json()["error"]["message"] == ALREADY
    assert members(tenant, scope) == {first}


def test_one_member_who_does_not_exist_fails_the_whole_patch(tenant: RunningTenant) -> None:
    scope, (first,) = tenant.group_id("SSPR-Scope"), cloud_people(tenant, 1)
    response = tenant.add(scope, first, NOBODY)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "Request_ResourceNotFound"
    assert members(tenant, scope) == set()


def test_a_member_who_is_not_replicated_yet_is_a_400_with_a_text_of_its_own(
    tenant: RunningTenant,
) -> None:
    tenant.sandbox("POST", "settings", {"newUserLagSeconds": 60})
    new = tenant.sandbox("POST", "users", {"userPrincipalName": "new@contoso.test"})["id"]
    response = tenant.add(tenant.group_id("SSPR-Scope"), new)
    assert response.status_code == 400
    assert response.json()["error"]["message"] == (
        "The source resource object or one of the objects being referenced don't exist."
    )


def test_single_references_are_added_and_removed(tenant: RunningTenant) -> None:
    scope, (person,) = tenant.group_id("SSPR-Scope"), cloud_people(tenant, 1)
    body = {"@odata.id": tenant.reference(person)}
    path = f"/groups/{scope}/members"
    assert tenant.graph("POST", f"{path}/$ref", json=body).status_code == 204
    again = tenant.graph("POST", f"{path}/$ref", json=body)
    assert (again.status_code, again.json()["error"]["message"]) == (400, ALREADY)
    assert tenant.graph("DELETE", f"{path}/{person}/$ref").status_code == 204
    assert tenant.graph("DELETE", f"{path}/{person}/$ref").status_code == 404


def test_a_group_mastered_on_premises_cannot_be_written(tenant: RunningTenant) -> None:
    group = {"onPremisesSecurityIdentifier": "S-1-9", "displayName": "SSPR-Enabled-Users"}
    tenant.sandbox("POST", "sync", {"groups": [group]})
    response = tenant.add(tenant.group_id("SSPR-Enabled-Users"), *cloud_people(tenant, 1))
    assert response.status_code == 400
    assert "on-premises mastered Directory Sync objects" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "kind",
    [{"groupTypes": ["DynamicMembership"]}, {"mailEnabled": True}, {"isAssignableToRole": True}],
)
def test_dynamic_mail_enabled_and_role_assignable_groups_are_denied(
    tenant: RunningTenant, kind: dict[str, object]
) -> None:
    group = tenant.sandbox("POST", "groups", {"displayName": "Special", **kind})
    response = tenant.add(group["id"], *cloud_people(tenant, 1))
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "Authorization_RequestDenied"


def test_a_group_that_does_not_exist_is_a_404(tenant: RunningTenant) -> None:
    assert tenant.graph("GET", f"/groups/{NOBODY}").status_code == 404
    assert tenant.add(NOBODY, *cloud_people(tenant, 1)).status_code == 404


def test_transitive_members_reach_through_the_nested_synced_group(tenant: RunningTenant) -> None:
    group = {"onPremisesSecurityIdentifier": "S-1-9", "displayName": "SSPR-Enabled-Users"}
    export = {"users": [synced_user("ada", "a1")], "groups": [{**group, "addMembers": ["a1"]}]}
    tenant.sandbox("POST", "sync", export)
    scope, grace = tenant.group_id("SSPR-Scope"), tenant.user_id("grace@contoso.test")
    tenant.add(scope, grace)
    found = tenant.get(f"/groups/{scope}/transitiveMembers", select="id,displayName")["value"]
    assert {member["displayName"] for member in found} == {
        "Ada",
        "Grace Hopper",
        "SSPR-Enabled-Users",
    }
    nested = tenant.group_id("SSPR-Enabled-Users")
    assert members(tenant, scope) == {grace, nested}


def test_a_synced_group_that_comes_again_is_another_one_and_nested_by_nobody(
    tenant: RunningTenant,
) -> None:
    """Given it was deleted, then neither its old id nor its place in the scope group comes back."""
    group = {"onPremisesSecurityIdentifier": "S-1-9", "displayName": "SSPR-Enabled-Users"}
    tenant.sandbox("POST", "sync", {"groups": [group]})
    scope, before = tenant.group_id("SSPR-Scope"), tenant.group_id("SSPR-Enabled-Users")
    assert members(tenant, scope) == {before}
    seen = {before}
    for _ in range(2):
        tenant.sandbox("POST", "sync", {"deletedGroups": ["S-1-9"]})
        tenant.sandbox("POST", "sync", {"groups": [group]})
        again = tenant.group_id("SSPR-Enabled-Users")
        assert again not in seen
        assert members(tenant, scope) == set()
        seen.add(again)
    nesting = {"group": "SSPR-Enabled-Users", "in": "SSPR-Scope", "nested": True}
    tenant.sandbox("POST", "nesting", nesting)
    assert members(tenant, scope) == {again}


def test_a_write_shows_in_listings_after_the_lag_but_a_second_write_sees_it_at_once(
    tenant: RunningTenant,
) -> None:
    lag = 3600
    tenant.sandbox("POST", "settings", {"membershipLagSeconds": lag})
    scope, (person,) = tenant.group_id("SSPR-Scope"), cloud_people(tenant, 1)
    tenant.add(scope, person)
    assert members(tenant, scope) == set()
    assert tenant.add(scope, person).json()["error"]["message"] == ALREADY
    # To a second before its end, so that it is time that ends it.
    tenant.sandbox("POST", "clock", {"offsetSeconds": lag - 1})
    wait_until(lambda: members(tenant, scope) == {person})
    tenant.graph("DELETE", f"/groups/{scope}/members/{person}/$ref")
    assert members(tenant, scope) == {person}
    tenant.sandbox("POST", "clock", {"offsetSeconds": 2 * (lag - 1)})
    wait_until(lambda: members(tenant, scope) == set())


def test_a_clock_that_jumps_ends_the_lags_before_it_and_not_those_after_it(
    tenant: RunningTenant,
) -> None:
    tenant.sandbox("POST", "settings", {"membershipLagSeconds": 3600})
    scope, (first, second) = tenant.group_id("SSPR-Scope"), cloud_people(tenant, 2)
    tenant.add(scope, first)
    assert members(tenant, scope) == set()
    tenant.sandbox("POST", "clock", {"offsetSeconds": 864_000})
    assert members(tenant, scope) == {first}
    tenant.add(scope, second)
    tenant.graph("DELETE", f"/groups/{scope}/members/{first}/$ref")
    assert members(tenant, scope) == {first}
    tenant.sandbox("POST", "clock", {"offsetSeconds": 864_000 + 3601})
    assert members(tenant, scope) == {second}


def test_counts_need_their_header_and_lag_further_behind_than_listings(
    tenant: RunningTenant,
) -> None:
    scope, people = tenant.group_id("SSPR-Scope"), cloud_people(tenant, 3)
    tenant.sandbox("POST", "settings", {"indexLagSeconds": 60})
    tenant.add(scope, *people)
    path = f"/groups/{scope}/members/$count"
    assert tenant.graph("GET", path).status_code == 400
    eventual = {"ConsistencyLevel": "eventual"}
    assert tenant.graph("GET", path, headers=eventual).text == "0"
    assert members(tenant, scope) == set(people)
    tenant.sandbox("POST", "clock", {"offsetSeconds": 61})
    assert tenant.graph("GET", path, headers=eventual).text == "3"


def test_filtering_members_reads_the_index_and_needs_its_header(tenant: RunningTenant) -> None:
    tenant.sandbox("POST", "settings", {"indexLagSeconds": 0})
    scope, grace = tenant.group_id("SSPR-Scope"), tenant.user_id("grace@contoso.test")
    tenant.add(scope, grace, tenant.user_id("una@contoso.test"))
    params = {"$filter": "displayName eq 'Grace Hopper'", "$select": "id", "$count": "true"}
    path = f"/groups/{scope}/members"
    assert tenant.graph("GET", path, params=params).status_code == 400
    found = tenant.graph("GET", path, params=params, headers={"ConsistencyLevel": "eventual"})
    assert [member["id"] for member in found.json()["value"]] == [grace]


def test_a_reference_that_is_no_object_id_is_a_400(tenant: RunningTenant) -> None:
    assert tenant.add(tenant.group_id("SSPR-Scope"), "grace").status_code == 400
