"""The simulated tenant imposes its conditions: tokens, permissions, quotas, faults, batches."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import jwt
import pytest

from sandbox.testing.tenant_process import SIGNING_KEY, RunningTenant, running
from sandbox.testing.waiting import PATIENCE, wait_until


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTenant]:
    with running(tmp_path_factory.mktemp("tenant")) as tenant:
        yield tenant


@pytest.fixture
def tenant(process: RunningTenant) -> RunningTenant:
    process.sandbox("POST", "reset")
    return process


def claims(**changes: object) -> dict[str, object]:
    return {"aud": "https://graph.microsoft.com/", "exp": time.time() + 86_400, **changes}


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (None, "empty"),
        (jwt.encode(claims(exp=1), SIGNING_KEY), "expired"),
        (jwt.encode(claims(aud="https://vault.azure.net"), SIGNING_KEY), "audience"),
        (jwt.encode(claims(), SIGNING_KEY[::-1]), "Signature"),
        (jwt.encode({"aud": "https://graph.microsoft.com"}, SIGNING_KEY), "exp"),
        ("not a token", "validation failure"),
    ],
)
def test_a_request_without_a_good_token_is_a_401(
    tenant: RunningTenant, token: str | None, reason: str
) -> None:
    header = f"Bearer {token}" if token else "Basic bm9ib2R5"
    response = tenant.graph("GET", "/users", headers={"Authorization": header})
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (401, "InvalidAuthenticationToken")
    assert reason in error["message"]


def test_a_token_without_roles_may_do_everything_also_with_a_slash_in_its_audience(
    tenant: RunningTenant,
) -> None:
    header = {"Authorization": f"Bearer {jwt.encode(claims(), SIGNING_KEY)}"}
    assert tenant.graph("GET", "/users", headers=header).status_code == 200


def test_roles_allow_what_they_say_and_nothing_else(tenant: RunningTenant) -> None:
    identity = {"clientId": "reader", "roles": ["User.Read.All", "GroupMember.Read.All"]}
    tenant.sandbox("POST", "identities", identity)
    token = tenant.token("reader").json()["access_token"]
    header = {"Authorization": f"Bearer {token}"}
    scope = tenant.group_id("SSPR-Scope")
    member = {"@odata.id": tenant.reference(tenant.user_id("grace@contoso.test"))}
    path = f"/groups/{scope}/members"
    assert tenant.graph("GET", path, headers=header).status_code == 200
    denied = tenant.graph("POST", f"{path}/$ref", headers=header, json=member)
    assert denied.status_code == 403
    assert denied.json()["error"]["code"] == "Authorization_RequestDenied"
    report = "/reports/authenticationMethods/userRegistrationDetails"
    assert tenant.graph("GET", report, headers=header).status_code == 403
    assert tenant.graph("GET", "/organization", headers=header).status_code == 403


def test_the_identity_endpoint_refuses_strangers_and_unknown_identities(
    tenant: RunningTenant,
) -> None:
    params = {"api-version": "2019-08-01", "resource": "https://graph.microsoft.com"}
    assert tenant.http.get("/identity/token", params=params).status_code == 401
    assert tenant.token("nobody").status_code == 400


def test_queue_roles_are_told_to_the_service_bus_and_graph_roles_to_graph(
    tenant: RunningTenant,
) -> None:
    identity = {"clientId": "worker", "roles": [], "queueRoles": {"commands": ["Receiver"]}}
    tenant.sandbox("POST", "identities", identity)

    def payload(resource: str) -> dict[str, object]:
        token = tenant.token("worker", resource).json()["access_token"]
        return dict(jwt.decode(token, SIGNING_KEY, algorithms=["HS256"], audience=resource))

    bus, graph = payload("https://servicebus.azure.net"), payload("https://graph.microsoft.com")
    assert (bus["queueRoles"], "roles" in bus) == ({"commands": ["Receiver"]}, False)
    assert (graph["roles"], "queueRoles" in graph) == ([], False)
    assert (bus["appid"], bus["aud"]) == ("worker", "https://servicebus.azure.net")


@pytest.mark.parametrize(
    ("path", "units"),
    [
        ("/users", 2),
        ("/users?$select=id", 1),
        ("/users?$top=5&$select=id", 1),
        ("/groups/{scope}/members", 3),
        ("/groups/{scope}/members?$select=id", 2),
        ("/groups/{scope}/transitiveMembers?$select=id&$top=999", 4),
        ("/groups/{scope}/transitiveMembers?$select=id&$top=19", 3),
    ],
)
def test_operations_cost_the_documented_resource_units(
    tenant: RunningTenant, path: str, units: int
) -> None:
    response = tenant.graph("GET", path.format(scope=tenant.group_id("SSPR-Scope")))
    assert response.headers["x-ms-resource-unit"] == str(units)


def test_writes_beyond_the_quota_are_429_with_the_documented_headers(
    tenant: RunningTenant,
) -> None:
    tenant.sandbox("POST", "quotas", {"factor": 0.001})
    scope, people = tenant.group_id("SSPR-Scope"), tenant.get("/users", top=4, select="id")
    answers = [tenant.add(scope, user["id"]) for user in people["value"]]
    assert [answer.status_code for answer in answers] == [204, 204, 204, 429]
    headers = answers[-1].headers
    assert 1 <= int(headers["Retry-After"]) <= 50
    assert float(headers["x-ms-throttle-limit-percentage"]) >= 0.8
    assert headers["x-ms-throttle-scope"].startswith("Tenant_Application/")
    assert answers[-1].json()["error"]["code"] == "TooManyRequests"


def until_throttled(tenant: RunningTenant, path: str) -> tuple[int, float]:
    """How many requests get through before one is throttled, and in how many seconds."""
    began, passed = time.monotonic(), 0
    while (status := tenant.graph("GET", path).status_code) == httpx.codes.OK:
        passed += 1
    assert status == httpx.codes.TOO_MANY_REQUESTS
    return passed, time.monotonic() - began


def test_the_sixth_report_request_in_ten_seconds_is_429_unless_quotas_are_off(
    tenant: RunningTenant,
) -> None:
    path = "/reports/authenticationMethods/userRegistrationDetails"
    passed, seconds = until_throttled(tenant, path)
    assert 5 <= passed <= 5 + seconds * 0.5
    tenant.sandbox("POST", "quotas", {"enabled": False})
    assert tenant.graph("GET", path).status_code == 200


def test_a_quota_fills_again_with_time(tenant: RunningTenant) -> None:
    tenant.sandbox("POST", "quotas", {"factor": 0.003})
    passed, seconds = until_throttled(tenant, "/organization")
    assert 15 <= passed <= 15 + seconds * 1.5
    wait_until(lambda: tenant.graph("GET", "/organization").status_code == 200)


def test_a_batch_answers_each_item_and_fails_what_depends_on_a_failure(
    tenant: RunningTenant,
) -> None:
    scope = tenant.group_id("SSPR-Scope")
    reference = tenant.reference(tenant.user_id("grace@contoso.test"))
    add = {
        "id": "add",
        "method": "POST",
        "url": f"/groups/{scope}/members/$ref",
        "headers": {"Content-Type": "application/json"},
        "body": {"@odata.id": reference},
    }
    requests = [
        add,
        {**add, "id": "again", "dependsOn": ["add"]},
        {"id": "after", "method": "GET", "url": "/organization", "dependsOn": ["again"]},
        {"id": "free", "method": "GET", "url": "/users/grace@contoso.test?$select=displayName"},
    ]
    response = tenant.graph("POST", "/$batch", json={"requests": requests})
    assert response.status_code == 200
    answers = {item["id"]: item for item in response.json()["responses"]}
    statuses = {name: item["status"] for name, item in answers.items()}
    assert statuses == {"add": 204, "again": 400, "after": 424, "free": 200}
    assert "body" not in answers["add"]
    assert answers["free"]["body"]["displayName"] == "Grace Hopper"


def test_inside_a_batch_each_item_is_throttled_by_itself(tenant: RunningTenant) -> None:
    report = "/reports/authenticationMethods/userRegistrationDetails?$top=1"
    requests = [{"id": str(n), "method": "GET", "url": report} for n in range(7)]
    response = tenant.graph("POST", "/$batch", json={"requests": requests})
    items = response.json()["responses"]
    assert response.status_code == 200
    assert [item["status"] for item in items] == [200] * 5 + [429] * 2
    assert int(items[-1]["headers"]["Retry-After"]) >= 1


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [{"id": str(n), "method": "GET", "url": "/organization"} for n in range(21)],
        [{"id": "1", "method": "GET", "url": "/organization"}] * 2,
        [{"id": "1", "method": "GET", "url": "/organization", "dependsOn": ["2"]}],
        [{"id": "1", "method": "GET"}],
    ],
)
def test_a_broken_batch_is_refused_as_a_whole(
    tenant: RunningTenant, requests: list[dict[str, object]]
) -> None:
    assert tenant.graph("POST", "/$batch", json={"requests": requests}).status_code == 400


def test_a_status_fault_before_the_operation_leaves_nothing_done(tenant: RunningTenant) -> None:
    scope, grace = tenant.group_id("SSPR-Scope"), tenant.user_id("grace@contoso.test")
    fault = {"match": {"method": "PATCH", "path": "^/groups/"}, "action": "status"}
    tenant.sandbox("POST", "faults", {**fault, "status": 503, "retryAfter": 1})
    failed = tenant.add(scope, grace)
    assert (failed.status_code, failed.headers["Retry-After"]) == (503, "1")
    assert tenant.add(scope, grace).status_code == 204


def test_a_status_fault_after_the_operation_hides_that_it_was_done(
    tenant: RunningTenant,
) -> None:
    scope, grace = tenant.group_id("SSPR-Scope"), tenant.user_id("grace@contoso.test")
    fault = {"match": {"method": "PATCH"}, "action": "status", "when": "after", "status": 504}
    tenant.sandbox("POST", "faults", fault)
    assert tenant.add(scope, grace).status_code == 504
    assert "already exist" in tenant.add(scope, grace).text


def test_a_held_answer_waits_until_faults_are_cleared_with_its_work_done(
    tenant: RunningTenant,
) -> None:
    scope, grace = tenant.group_id("SSPR-Scope"), tenant.user_id("grace@contoso.test")
    fault = {"match": {"method": "PATCH"}, "action": "hold", "when": "after"}
    tenant.sandbox("POST", "faults", fault)
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(tenant.add, scope, grace)
        wait_until(lambda: tenant.sandbox("GET", "faults")["held"] == 1)
        groups = tenant.sandbox("GET", "users/grace@contoso.test")["transitiveMemberOf"]
        assert groups == ["SSPR-Scope"]
        assert not answer.done()
        tenant.sandbox("DELETE", "faults")
        assert answer.result(timeout=PATIENCE).status_code == 204
    assert tenant.sandbox("GET", "faults") == {"held": 0, "faults": []}


def test_a_tenant_that_holds_an_answer_back_for_ever_still_stops(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        with running(tmp_path) as tenant:
            fault = {"match": {"path": "^/organization"}, "action": "hold"}
            tenant.sandbox("POST", "faults", fault)
            url = f"{tenant.graph_url}/organization"
            answer = pool.submit(httpx.get, url, headers=tenant.http.headers)
            wait_until(lambda: tenant.sandbox("GET", "faults")["held"] == 1)
        assert answer.result(timeout=PATIENCE).status_code == 200


def test_a_dropped_connection_gives_no_answer(tenant: RunningTenant) -> None:
    fault = {"match": {"path": "^/organization"}, "action": "drop"}
    tenant.sandbox("POST", "faults", fault)
    with pytest.raises(httpx.TransportError):
        tenant.graph("GET", "/organization")
    assert tenant.graph("GET", "/organization").status_code == 200


def test_a_delayed_answer_takes_its_time(tenant: RunningTenant) -> None:
    fault = {"match": {"path": "^/organization"}, "action": "delay", "seconds": 0.3}
    tenant.sandbox("POST", "faults", fault)
    started = time.perf_counter()
    assert tenant.graph("GET", "/organization").status_code == 200
    assert time.perf_counter() - started >= 0.3


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("faults", {"action": "explode"}, "action"),
        ("faults", {"action": "drop", "when": "later"}, "when"),
        ("faults", {"action": "drop", "match": {"path": "("}}, "match.path"),
        ("settings", {"lag": 1}, "lag"),
        ("settings", {"membershipLagSeconds": -1}, "membershipLagSeconds"),
        ("quotas", {"factor": 0}, "factor"),
        ("identities", {"roles": []}, "clientId"),
        ("users", {"displayName": "X"}, "userPrincipalName"),
        ("sync", {"users": [{"userPrincipalName": "x"}]}, "users[0].onPremisesImmutableId"),
        ("clock", {}, "offsetSeconds"),
        ("registrations", {}, "userPrincipalNames"),
        ("resets", {"userPrincipalNames": [7], "newPassword": "x"}, "userPrincipalNames"),
        ("resets", {"userPrincipalNames": []}, "newPassword"),
    ],
)
def test_bad_input_is_refused_with_the_name_of_the_field(
    tenant: RunningTenant, path: str, body: dict[str, object], field: str
) -> None:
    response = tenant.http.post(f"/sandbox/{path}", json=body)
    assert response.status_code == 400
    assert response.json()["error"].startswith(f"{field}: ")


def test_the_recorder_counts_by_template_also_what_a_batch_holds(tenant: RunningTenant) -> None:
    tenant.sandbox("DELETE", "requests")
    tenant.get("/users/grace@contoso.test")
    items = [{"id": "1", "method": "GET", "url": "/users?$select=id"}]
    tenant.graph("POST", "/$batch", json={"requests": items})
    counted = tenant.sandbox("GET", "requests")
    assert counted["operations"] == {"GET /users/{user-id}": 1, "GET /users": 1}
    assert (counted["httpRequests"], counted["batchItems"]) == (2, 1)
    assert (counted["resourceUnits"], counted["writes"]) == (2, 0)
    assert counted["statuses"] == {"200": 2}


def test_what_breaks_the_contract_is_listed_and_in_requests_refused(tmp_path: Path) -> None:
    """The validation itself, against a contract small enough to read here."""
    user = {"type": "object", "required": ["shoeSize"]}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/user"}}}
    select = {"name": "$select", "schema": {"type": "array", "items": {"enum": ["id", "mail"]}}}
    operation = {
        "parameters": [{"$ref": "#/components/parameters/select"}],
        "responses": {
            "200": {"content": content},
            "4XX": {"content": {"application/json": {"schema": {}}}},
        },
    }
    contract = {
        "paths": {"/users/{user-id}": {"get": operation}},
        "components": {"schemas": {"user": user}, "parameters": {"select": select}},
    }
    file = tmp_path / "contract.json"
    file.write_text(json.dumps(contract))
    with running(tmp_path, "--contract", file) as tenant:
        path = "/users/grace@contoso.test"
        assert tenant.graph("GET", path, params={"$select": "id,mail"}).status_code == 200
        assert tenant.graph("GET", path, params={"$select": "department"}).status_code == 400
        assert tenant.graph("GET", path, params={"$top": "1"}).status_code == 400
        assert tenant.graph("GET", "/organization").status_code == 400
        found = tenant.sandbox("GET", "violations")
    assert [(each["where"], each["message"].partition(":")[0]) for each in found] == [
        ("response", "body "),
        ("request", "query $select 0"),
        ("request", "query $top"),
        ("request", "there is no such operation"),
    ]
