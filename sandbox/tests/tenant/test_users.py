"""The simulated tenant answers for users as Graph does."""

from collections.abc import Iterator

import pytest

from sandbox.testing.tenant_process import RunningTenant, running, synced_user


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTenant]:
    with running(tmp_path_factory.mktemp("tenant")) as tenant:
        yield tenant


@pytest.fixture
def tenant(process: RunningTenant) -> RunningTenant:
    process.sandbox("POST", "reset")
    return process


def names(tenant: RunningTenant, text: str) -> set[str]:
    found = tenant.get("/users", filter=text, select="givenName")["value"]
    return {user["givenName"] for user in found}


def test_without_select_a_user_shows_graphs_default_fields_only(tenant: RunningTenant) -> None:
    grace = tenant.get("/users/grace@contoso.test")
    assert grace["displayName"] == "Grace Hopper"
    assert "employeeId" not in grace
    assert tenant.get("/users/grace@contoso.test", select="employeeId") == {
        "@odata.context": f"{tenant.graph_url}/$metadata#users/$entity",
        "employeeId": "100002",
    }


def test_a_user_is_found_by_id_and_by_upn_in_any_case_even_with_a_hash_in_it(
    tenant: RunningTenant,
) -> None:
    guest = tenant.get("/users/gustav_fabrikam.test%23EXT%23@CONTOSO.test", select="id,userType")
    assert guest["userType"] == "Guest"
    by_id = tenant.get(f"/users/{guest['id']}")
    assert by_id["userPrincipalName"] == "gustav_fabrikam.test#EXT#@contoso.test"


def test_nobody_is_a_404_that_names_the_resource(tenant: RunningTenant) -> None:
    response = tenant.graph("GET", "/users/nobody@contoso.test")
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (404, "Request_ResourceNotFound")
    assert error["message"] == (
        "Resource 'nobody@contoso.test' does not exist or one of its queried "
        "reference-property objects are not present."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("userPrincipalName eq 'GRACE@contoso.test'", {"Grace"}),
        ("userPrincipalName in ('grace@contoso.test','una@contoso.test')", {"Grace", "Una"}),
        ("employeeId eq '100006'", {"Una"}),
        ("mail eq 'gustav@fabrikam.test'", {"Gustav"}),
        ("startswith(displayName,'grace h')", {"Grace"}),
        ("(employeeId eq '100002' or employeeId eq '100006') and surname eq 'Hopper'", {"Grace"}),
        ("employeeId in ('100002') and accountEnabled eq false", set()),
        ("surname eq 'O''Hara'", set()),
    ],
)
def test_filters_select_who_matches(tenant: RunningTenant, text: str, expected: set[str]) -> None:
    assert names(tenant, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("employeeHireDate ge 2019-04-01T00:00:00Z and employeeId eq '100002'", {"Grace"}),
        ("employeeHireDate gt 2019-04-01T00:00:00Z and employeeId eq '100002'", set()),
    ],
)
def test_a_field_that_the_table_calls_advanced_takes_an_advanced_query(
    tenant: RunningTenant, text: str, expected: set[str]
) -> None:
    refused = tenant.graph("GET", "/users", params={"$filter": text})
    assert refused.json()["error"]["code"] == "Request_UnsupportedQuery"
    found = tenant.advanced("/users", filter=text, select="givenName")["value"]
    assert {user["givenName"] for user in found} == expected
    tenant.sandbox("POST", "settings", {"filtersByTheTable": 0})
    assert names(tenant, text) == expected


def test_a_field_that_the_table_does_not_list_takes_no_filter_at_all(
    tenant: RunningTenant,
) -> None:
    params = {"$filter": "externalUserState eq 'Accepted'", "$count": "true"}
    headers = {"ConsistencyLevel": "eventual"}
    refused = tenant.graph("GET", "/users", params=params, headers=headers)
    assert refused.json()["error"]["code"] == "Request_UnsupportedQuery"


def test_a_source_anchor_is_compared_with_its_case(tenant: RunningTenant) -> None:
    tenant.sandbox("POST", "sync", {"users": [synced_user("ada", "aBc=")]})
    path, field = "/users", "onPremisesImmutableId"
    assert len(tenant.advanced(path, filter=f"{field} eq 'aBc='")["value"]) == 1
    assert tenant.advanced(path, filter=f"{field} eq 'ABC='")["value"] == []
    assert len(tenant.advanced(path, filter="onPremisesSamAccountName eq 'ADA'")["value"]) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            "employeeId in (" + ",".join(f"'{n}'" for n in range(16)) + ")",
            "Request_UnsupportedQuery",
        ),
        (" or ".join(f"employeeId eq '{n}'" for n in range(16)), "Request_UnsupportedQuery"),
        ("department ne 'Legal'", "Request_UnsupportedQuery"),
        ("not(department eq 'Legal')", "Request_UnsupportedQuery"),
        ("shoeSize eq 42", "BadRequest"),
        ("employeeId eq", "BadRequest"),
        ("employeeId eq '1') or (", "BadRequest"),
    ],
)
def test_filters_that_graph_does_not_take_are_400(
    tenant: RunningTenant, text: str, code: str
) -> None:
    response = tenant.graph("GET", "/users", params={"$filter": text})
    assert (response.status_code, response.json()["error"]["code"]) == (400, code)


def test_an_advanced_filter_works_with_its_header_and_count(tenant: RunningTenant) -> None:
    response = tenant.graph(
        "GET",
        "/users",
        params={"$filter": "userType ne 'Member'", "$count": "true", "$select": "userType"},
        headers={"ConsistencyLevel": "eventual"},
    )
    answer = response.json()
    assert answer["@odata.count"] == len(answer["value"]) > 1
    assert {user["userType"] for user in answer["value"]} == {"Guest"}


@pytest.mark.parametrize(
    "query",
    [
        {"$top": "0"},
        {"$top": "1000"},
        {"$select": "shoeSize"},
        {"$skiptoken": "%"},
        {"$search": "a"},
    ],
)
def test_broken_query_options_are_refused_not_ignored(
    tenant: RunningTenant, query: dict[str, str]
) -> None:
    assert tenant.graph("GET", "/users", params=query).status_code == 400


def test_pages_hold_everybody_once_even_when_somebody_arrives_in_between(
    tenant: RunningTenant,
) -> None:
    first = tenant.get("/users", top=30, select="id")
    tenant.sandbox("POST", "users", {"userPrincipalName": "new@contoso.test"})
    seen = [user["id"] for user in first["value"]]
    link = first["@odata.nextLink"]
    while link:
        page = tenant.http.get(link).json()
        seen += [user["id"] for user in page["value"]]
        link = page.get("@odata.nextLink")
    before = {user["id"] for page in tenant.pages("/users", select="id") for user in page}
    assert len(seen) == len(set(seen))
    assert before - set(seen) <= {tenant.user_id("new@contoso.test")}


def test_a_new_user_is_not_found_until_the_lag_is_over(tenant: RunningTenant) -> None:
    tenant.sandbox("POST", "settings", {"newUserLagSeconds": 60})
    tenant.sandbox("POST", "users", {"userPrincipalName": "late@contoso.test"})
    assert tenant.graph("GET", "/users/late@contoso.test").status_code == 404
    tenant.sandbox("POST", "clock", {"offsetSeconds": 61})
    assert tenant.graph("GET", "/users/late@contoso.test").status_code == 200


def test_delta_tells_of_changes_and_deletions_since_its_link(tenant: RunningTenant) -> None:
    tenant.sandbox("POST", "sync", {"users": [synced_user("ada", "a1"), synced_user("eva", "e1")]})
    page = tenant.get("/users/delta", top=50, select="displayName")
    total = len(page["value"])
    while link := page.get("@odata.nextLink"):
        page = tenant.http.get(link).json()
        total += len(page["value"])
    assert total == tenant.sandbox("GET", "state")["users"]
    ada, eva = tenant.user_id("ada@contoso.test"), tenant.user_id("eva@contoso.test")
    renamed = synced_user("ada", "a1", displayName="Ada King")
    tenant.sandbox("POST", "sync", {"users": [renamed], "deletedUsers": ["e1"]})
    changes = tenant.http.get(page["@odata.deltaLink"]).json()
    by_id = {item["id"]: item for item in changes["value"]}
    assert by_id == {
        ada: {"id": ada, "displayName": "Ada King"},
        eva: {"id": eva, "@removed": {"reason": "deleted"}},
    }
    assert tenant.http.get(changes["@odata.deltaLink"]).json()["value"] == []


def test_a_delta_link_from_before_a_reset_is_gone(tenant: RunningTenant) -> None:
    link = tenant.get("/users/delta", top=999)["@odata.deltaLink"]
    tenant.sandbox("POST", "reset")
    assert tenant.http.get(link).status_code == 410


def test_roles_and_nested_groups_show_in_transitive_member_of(tenant: RunningTenant) -> None:
    group = {"onPremisesSecurityIdentifier": "S-1-9", "displayName": "SSPR-Enabled-Users"}
    tenant.sandbox(
        "POST",
        "sync",
        {"users": [synced_user("rolf", "r1")], "groups": [{**group, "members": ["r1"]}]},
    )
    tenant.sandbox("POST", "clock", {"offsetSeconds": 5})
    found = tenant.get("/users/rolf@contoso.test/transitiveMemberOf", select="displayName")
    assert {
        (item["@odata.type"].rpartition(".")[2], item["displayName"]) for item in found["value"]
    } == {
        ("group", "SSPR-Enabled-Users"),
        ("group", "SSPR-Scope"),
        ("directoryRole", "Helpdesk Administrator"),
    }
    scope, excluded = tenant.group_id("SSPR-Scope"), tenant.group_id("SSPR-Excluded")
    checked = tenant.graph(
        "POST", "/users/rolf@contoso.test/checkMemberGroups", json={"groupIds": [scope, excluded]}
    )
    assert checked.json()["value"] == [scope]


def test_hr_fills_in_kind_company_and_title_of_cloud_and_synced_people(
    tenant: RunningTenant,
) -> None:
    tenant.sandbox("POST", "sync", {"users": [synced_user("ada", "a1")]})
    fields = "employeeType,companyName,jobTitle,usageLocation"
    for upn in ("grace@contoso.test", "ada@contoso.test"):
        user = tenant.get(f"/users/{upn}", select=fields)
        shown = [user[name] for name in fields.split(",")]
        assert shown == ["Employee", "Contoso", "Engineer", "GB"]
    everybody = tenant.get("/users", select="employeeType,companyName", top=999)["value"]
    contractors = [user for user in everybody if user["employeeType"] == "Contractor"]
    assert 0 < len(contractors) < len(everybody) / 10
    assert {user["companyName"] for user in contractors} == {"Fabrikam"}


def test_licences_show_as_plans_and_details_for_who_has_one(tenant: RunningTenant) -> None:
    (plan,) = tenant.get("/users/grace@contoso.test", select="assignedPlans")["assignedPlans"]
    assert plan["servicePlanId"] == "41781fb2-bc02-4b7c-bd55-b576c07bb09d"
    assert plan["capabilityStatus"] == "Enabled"
    assert tenant.get("/users/una@contoso.test", select="assignedPlans")["assignedPlans"] == []
    assert len(tenant.get("/users/grace@contoso.test/licenseDetails")["value"]) == 1
    assert tenant.get("/users/una@contoso.test/licenseDetails")["value"] == []
    (sku,) = tenant.get("/subscribedSkus", select="consumedUnits,servicePlans")["value"]
    assert 0 < sku["consumedUnits"] < tenant.sandbox("GET", "state")["users"]


def test_get_by_ids_answers_what_exists_with_its_type(tenant: RunningTenant) -> None:
    grace, scope = tenant.user_id("grace@contoso.test"), tenant.group_id("SSPR-Scope")
    ids = [grace, scope, "00000000-0000-0000-0000-000000000000"]
    found = tenant.graph("POST", "/directoryObjects/getByIds", json={"ids": ids}).json()["value"]
    assert {item["id"]: item["@odata.type"] for item in found} == {
        grace: "#microsoft.graph.user",
        scope: "#microsoft.graph.group",
    }
