"""Many people register and reset their passwords in one request, as each would alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.testing.connect_host_stub import listening
from sandbox.testing.tenant_process import RunningTenant, running, synced_user

GRACE, UNA = "grace@contoso.test", "una@contoso.test"
NEW_PASSWORD = "forgotten-no-more-1"
AUDITS = "/auditLogs/directoryAudits"
_OWN = ("id", "correlationId", "activityDateTime")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTenant]:
    with running(tmp_path_factory.mktemp("tenant")) as tenant:
        yield tenant


@pytest.fixture
def tenant(process: RunningTenant) -> RunningTenant:
    process.sandbox("POST", "reset")
    process.sandbox("POST", "settings", {"membershipLagSeconds": 0, "reportLagSeconds": 0})
    process.sandbox("POST", "quotas", {"enabled": False})
    return process


def register(tenant: RunningTenant, *upns: str) -> None:
    answer = tenant.sandbox("POST", "registrations", {"userPrincipalNames": upns})
    assert answer == {"registered": len(upns)}


def reset(tenant: RunningTenant, *upns: str) -> list[dict[str, Any]]:
    body = {"userPrincipalNames": upns, "newPassword": NEW_PASSWORD}
    return list(tenant.sandbox("POST", "resets", body))


def traces(tenant: RunningTenant, upn: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What somebody's doings have left, but for its times and ids: the user, and the audits."""
    user = tenant.sandbox("GET", f"users/{upn}")
    audits = [
        {name: value for name, value in entry.items() if name not in _OWN}
        for page in tenant.pages(AUDITS)
        for entry in page
        if entry["initiatedBy"]["user"]["id"] == user["id"]
    ]
    return {name: user[name] for name in user if not name.endswith("DateTime")}, audits


def test_in_a_crowd_each_leaves_the_same_traces_as_alone(tenant: RunningTenant) -> None:
    def enrol_grace() -> None:
        tenant.sandbox("POST", "reset")
        tenant.add(tenant.group_id("SSPR-Scope"), tenant.user_id(GRACE))

    enrol_grace()
    grace = {"userPrincipalName": GRACE}
    for page, body in (
        ("register", {**grace, "methods": ["email", "mobilePhone"]}),
        ("reset", {**grace, "newPassword": NEW_PASSWORD}),
    ):
        assert tenant.http.post(f"/sspr/{page}", json=body).is_success
    alone = traces(tenant, GRACE)
    enrol_grace()
    register(tenant, UNA, GRACE)
    assert [each["code"] for each in reset(tenant, UNA, GRACE)] == ["SSPR_0013", "ok"]
    assert traces(tenant, GRACE) == alone
    assert len(alone[1]) == 4


def test_everybodys_result_is_told_in_the_order_of_the_names(tenant: RunningTenant) -> None:
    with listening() as host:
        tenant.sandbox("POST", "settings", {"connectHost": host.url})
        group = {"onPremisesSecurityIdentifier": "S-1-9", "displayName": "SSPR-Enabled-Users"}
        people = [synced_user("ada", "a1"), synced_user("petra", "p1")]
        export = {"users": people, "groups": [{**group, "members": ["a1", "p1"]}]}
        tenant.sandbox("POST", "sync", export)
        register(tenant, "ada@contoso.test", GRACE)
        names = ["nobody@contoso.test", "ada@contoso.test", "petra@contoso.test", GRACE]
        results = reset(tenant, *names)
        assert [result["userPrincipalName"] for result in results] == names
        codes = [result["code"] for result in results]
        assert codes == ["UserNotFound", "ok", "SSPR_0014", "SSPR_0013"]
        assert results[1]["eventId"] == 31002
        host.refuse()
        (refused,) = reset(tenant, "ada@contoso.test")
        assert refused == {
            "userPrincipalName": "ada@contoso.test",
            "code": "SSPR_0029",
            "message": "Access is denied.",
            "eventId": 33004,
        }


def test_a_name_of_nobody_keeps_everybody_from_registering(tenant: RunningTenant) -> None:
    body = {"userPrincipalNames": [GRACE, "nobody@contoso.test"]}
    response = tenant.http.post("/sandbox/registrations", json=body)
    assert response.status_code == 400
    assert response.json()["error"].startswith("userPrincipalNames[1]: ")
    assert tenant.sandbox("GET", f"users/{GRACE}")["methodsRegistered"] == []


def test_what_a_crowd_has_done_survives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as tenant:
        tenant.add(tenant.group_id("SSPR-Scope"), tenant.user_id(GRACE))
        register(tenant, GRACE, UNA)
        assert [each["code"] for each in reset(tenant, GRACE, UNA)] == ["ok", "SSPR_0013"]
        before = [traces(tenant, upn) for upn in (GRACE, UNA)]
    with running(tmp_path) as tenant:
        assert [traces(tenant, upn) for upn in (GRACE, UNA)] == before
        body = {"userPrincipalName": GRACE, "password": NEW_PASSWORD}
        assert tenant.http.post("/sspr/sign-in", json=body).is_success
