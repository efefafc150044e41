"""The simulated tenant takes Entra Connect's exports, and lets people reset their passwords."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.testing.connect_host_stub import ConnectHost, listening
from sandbox.testing.tenant_process import RunningTenant, running, synced_user

GROUP = {"onPremisesSecurityIdentifier": "S-1-9", "displayName": "SSPR-Enabled-Users"}
REPORT = "/reports/authenticationMethods/userRegistrationDetails"
NEW_PASSWORD = "forgotten-no-more-1"


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


@pytest.fixture
def connect_host(tenant: RunningTenant) -> Iterator[ConnectHost]:
    with listening() as host:
        tenant.sandbox("POST", "settings", {"connectHost": host.url})
        yield host


def sync(tenant: RunningTenant, **export: Any) -> dict[str, Any]:
    return dict(tenant.sandbox("POST", "sync", export))


def enrol_cloud(tenant: RunningTenant, *upns: str) -> None:
    members = [tenant.user_id(upn) for upn in upns]
    assert tenant.add(tenant.group_id("SSPR-Scope"), *members).status_code == 204


def register(tenant: RunningTenant, upn: str, *methods: str) -> None:
    body = {"userPrincipalName": upn, "methods": methods or ["email"]}
    assert tenant.http.post("/sspr/register", json=body).status_code == 204


def reset(tenant: RunningTenant, upn: str) -> tuple[int, dict[str, Any]]:
    body = {"userPrincipalName": upn, "newPassword": NEW_PASSWORD}
    response = tenant.http.post("/sspr/reset", json=body)
    return response.status_code, response.json()


def sign_in(tenant: RunningTenant, upn: str, password: str) -> int:
    body = {"userPrincipalName": upn, "password": password}
    return tenant.http.post("/sspr/sign-in", json=body).status_code


def details(tenant: RunningTenant, upn: str) -> dict[str, Any]:
    return dict(tenant.get(f"{REPORT}/{tenant.user_id(upn)}"))


def reasons(tenant: RunningTenant) -> list[tuple[str, str]]:
    entries = tenant.get("/auditLogs/directoryAudits")["value"]
    return [(entry["result"], entry["resultReason"]) for entry in reversed(entries)]


def agents(audit: dict[str, Any]) -> list[str]:
    return [
        each["value"] for each in audit["additionalDetails"] if each["key"] == "OnPremisesAgent"
    ]


def test_an_export_brings_users_with_licence_and_the_companys_special_traits(
    tenant: RunningTenant,
) -> None:
    users = [synced_user("ada", "a1"), synced_user("rolf", "r1"), synced_user("xenia", "x1")]
    result = sync(tenant, users=users, groups=[{**GROUP, "members": ["a1", "zz"]}])
    assert (result["usersCreated"], result["groupsCreated"], result["membersAdded"]) == (3, 1, 1)
    assert result["unresolvedMembers"] == ["zz"]
    ada = tenant.sandbox("GET", "users/ada@contoso.test")
    assert ada["onPremisesSyncEnabled"] is True
    assert ada["employeeHireDate"] == "2019-04-01T00:00:00Z"
    assert ada["licensed"]
    assert ada["transitiveMemberOf"] == ["SSPR-Enabled-Users", "SSPR-Scope"]
    rolf = tenant.sandbox("GET", "users/rolf@contoso.test")
    assert rolf["directoryRoles"] == ["Helpdesk Administrator"]
    xenia = tenant.sandbox("GET", "users/xenia@contoso.test")
    assert xenia["transitiveMemberOf"] == ["SSPR-Excluded"]


def test_an_export_changes_only_what_it_names_and_can_be_repeated(tenant: RunningTenant) -> None:
    first = [synced_user("ada", "a1"), synced_user("alan", "t1", employeeId="100003")]
    sync(tenant, users=first, groups=[{**GROUP, "members": ["a1", "t1"]}])
    assert sync(tenant, users=first)["usersUpdated"] == 0
    moved = synced_user("ada", "a1", department="Legal", userPrincipalName="ada2@contoso.test")
    result = sync(tenant, users=[moved], groups=[{**GROUP, "removeMembers": ["t1"]}])
    assert (result["usersCreated"], result["usersUpdated"], result["membersRemoved"]) == (0, 1, 1)
    ada = tenant.sandbox("GET", "users/ada2@contoso.test")
    assert (ada["department"], ada["displayName"]) == ("Legal", "Ada")
    assert tenant.get("/organization")["value"][0]["onPremisesSyncEnabled"] is True


def test_a_user_of_the_cloud_with_the_same_name_is_taken_over(tenant: RunningTenant) -> None:
    before = tenant.user_id("grace@contoso.test")
    assert sync(tenant, users=[synced_user("grace", "g1")])["usersUpdated"] == 1
    grace = tenant.sandbox("GET", "users/grace@contoso.test")
    assert (grace["id"], grace["onPremisesSyncEnabled"]) == (before, True)


def test_deleted_users_and_groups_leave_nothing_behind(tenant: RunningTenant) -> None:
    sync(tenant, users=[synced_user("ada", "a1")], groups=[{**GROUP, "members": ["a1"]}])
    old = tenant.user_id("ada@contoso.test")
    sync(tenant, deletedUsers=["a1"], deletedGroups=["S-1-9"])
    assert tenant.graph("GET", f"/users/{old}").status_code == 404
    assert tenant.sandbox("GET", "state")["groups"]["SSPR-Scope"] == 0
    sync(tenant, users=[synced_user("ada", "a2")])
    assert tenant.user_id("ada@contoso.test") != old


def test_a_licence_can_arrive_later_than_its_user(tenant: RunningTenant) -> None:
    tenant.sandbox("POST", "settings", {"licenceDelaySeconds": 60})
    sync(tenant, users=[synced_user("alan", "t1")])
    assert not tenant.sandbox("GET", "users/alan@contoso.test")["licensed"]
    tenant.sandbox("POST", "clock", {"offsetSeconds": 61})
    assert tenant.sandbox("GET", "users/alan@contoso.test")["licensed"]


def test_a_cloud_user_in_scope_and_registered_resets_and_signs_in(tenant: RunningTenant) -> None:
    enrol_cloud(tenant, "grace@contoso.test")
    register(tenant, "grace@contoso.test")
    assert sign_in(tenant, "grace@contoso.test", NEW_PASSWORD) == 401
    assert reset(tenant, "grace@contoso.test")[0] == 200
    assert sign_in(tenant, "grace@contoso.test", NEW_PASSWORD) == 200
    assert reasons(tenant) == [
        ("success", "User registered all required security info"),
        ("success", "User submitted their user ID"),
        ("success", "User submitted a new password"),
        ("success", "Successfully completed reset."),
    ]
    (newest,) = tenant.get("/auditLogs/directoryAudits", top=1)["value"]
    assert agents(newest) == ["None"]


def test_who_is_out_of_scope_gets_sspr_0013_and_the_log_says_why(tenant: RunningTenant) -> None:
    register(tenant, "grace@contoso.test")
    status, answer = reset(tenant, "grace@contoso.test")
    assert (status, answer["code"]) == (403, "SSPR_0013")
    assert reasons(tenant)[-1] == ("failure", "Password reset is not enabled for this user")
    assert sign_in(tenant, "grace@contoso.test", NEW_PASSWORD) == 401


def test_unlicensed_unregistered_disabled_and_unknown_people_get_codes_of_their_own(
    tenant: RunningTenant,
) -> None:
    enrol_cloud(tenant, "una@contoso.test", "grace@contoso.test")
    sync(tenant, users=[synced_user("dora", "d1", accountEnabled=False)])
    codes = [
        reset(tenant, f"{name}@contoso.test")[1]["code"]
        for name in ("una", "grace", "dora", "nobody")
    ]
    assert codes == ["SSPR_0012", "SSPR_0014", "AccountDisabled", "UserNotFound"]


def test_an_administrator_is_let_in_without_the_group_by_two_methods(tenant: RunningTenant) -> None:
    body = {"userPrincipalName": "grace@contoso.test", "directoryRoles": ["User Administrator"]}
    tenant.sandbox("POST", "users", body)
    register(tenant, "grace@contoso.test", "email", "securityQuestion")
    assert reset(tenant, "grace@contoso.test")[1]["code"] == "SSPR_0014"
    register(tenant, "grace@contoso.test", "email", "softwareOneTimePasscode")
    assert reset(tenant, "grace@contoso.test")[0] == 200
    assert details(tenant, "grace@contoso.test")["isAdmin"]


def test_a_synced_users_reset_is_carried_out_by_the_connect_host(
    tenant: RunningTenant, connect_host: ConnectHost
) -> None:
    sync(tenant, users=[synced_user("ada", "a1")], groups=[{**GROUP, "members": ["a1"]}])
    register(tenant, "ada@contoso.test")
    status, answer = reset(tenant, "ada@contoso.test")
    assert (status, answer["eventId"]) == (200, 31002)
    assert connect_host.received == [
        {"path": "/writeback", "onPremisesImmutableId": "a1", "newPassword": NEW_PASSWORD}
    ]
    (newest,) = tenant.get("/auditLogs/directoryAudits", top=1)["value"]
    assert newest["activityDisplayName"] == "Reset password (self-service)"
    assert agents(newest) == ["Microsoft Entra Connect"]


def test_a_refused_writeback_is_sspr_0029_with_the_connect_hosts_event(
    tenant: RunningTenant, connect_host: ConnectHost
) -> None:
    sync(tenant, users=[synced_user("petra", "p1")], groups=[{**GROUP, "members": ["p1"]}])
    register(tenant, "petra@contoso.test")
    connect_host.refuse()
    status, answer = reset(tenant, "petra@contoso.test")
    assert (status, answer["code"], answer["eventId"]) == (502, "SSPR_0029", 33004)
    assert reasons(tenant)[-1] == ("failure", "Access is denied.")
    (newest,) = tenant.get("/auditLogs/directoryAudits", top=1)["value"]
    assert agents(newest) == ["Microsoft Entra Connect"]


def test_without_a_connect_host_that_answers_a_synced_user_cannot_reset(
    tenant: RunningTenant,
) -> None:
    sync(tenant, users=[synced_user("ada", "a1")], groups=[{**GROUP, "members": ["a1"]}])
    register(tenant, "ada@contoso.test")
    assert reset(tenant, "ada@contoso.test")[1]["code"] == "SSPR_0010"
    assert reasons(tenant)[-1] == ("failure", "User's password is managed on-premises")
    tenant.sandbox("POST", "settings", {"connectHost": "http://127.0.0.1:9"})
    assert reset(tenant, "ada@contoso.test")[1]["code"] == "SSPR_0029"
    assert "could not reach your on-premises password reset service" in reasons(tenant)[-1][1]


def test_the_registration_report_lags_behind_scope_and_registration(
    tenant: RunningTenant,
) -> None:
    tenant.sandbox("POST", "settings", {"reportLagSeconds": 600})
    tenant.sandbox("POST", "clock", {"offsetSeconds": 601})
    enrol_cloud(tenant, "grace@contoso.test")
    register(tenant, "grace@contoso.test")
    before = details(tenant, "grace@contoso.test")
    tenant.sandbox("POST", "clock", {"offsetSeconds": 1202})
    after = details(tenant, "grace@contoso.test")
    flags = ("isSsprEnabled", "isSsprRegistered", "isSsprCapable")
    assert [before[flag] for flag in flags] == [False, False, False]
    assert [after[flag] for flag in flags] == [True, True, True]
    assert after["methodsRegistered"] == ["email"]
    assert after["lastUpdatedDateTime"] > before["lastUpdatedDateTime"]


FEBRUARY = datetime(2027, 2, 1, tzinfo=UTC)


def move_to(tenant: RunningTenant, moment: datetime) -> None:
    tenant.sandbox("POST", "clock", {"offsetSeconds": moment.timestamp() - time.time()})


@pytest.mark.parametrize(
    ("methods", "before", "after"),
    [
        (["mobilePhone"], "ok", "SSPR_0014"),
        (["mobilePhone", "passKeySynced"], "ok", "SSPR_0014"),
        (["mobilePhone", "email"], "ok", "ok"),
        (["passKeySynced", "fido2SecurityKey"], "SSPR_0014", "SSPR_0014"),
    ],
)
def test_sms_and_voice_end_on_the_tenants_clock_and_a_passkey_is_no_method(
    tenant: RunningTenant, methods: list[str], before: str, after: str
) -> None:
    grace = "grace@contoso.test"
    enrol_cloud(tenant, grace)
    register(tenant, grace, *methods)
    move_to(tenant, FEBRUARY - timedelta(hours=1))
    assert reset(tenant, grace)[1].get("code", "ok") == before
    move_to(tenant, FEBRUARY + timedelta(hours=1))
    assert reset(tenant, grace)[1].get("code", "ok") == after
    # What the report says after the end is documented nowhere: it says what it said.
    assert details(tenant, grace)["isSsprRegistered"] is (before == "ok")


@pytest.mark.parametrize(
    ("methods", "after"),
    [(["securityQuestion"], "SSPR_0014"), (["securityQuestion", "email"], "ok")],
)
def test_security_questions_end_in_march_on_the_tenants_clock(
    tenant: RunningTenant, methods: list[str], after: str
) -> None:
    grace = "grace@contoso.test"
    march = datetime(2027, 3, 1, tzinfo=UTC)
    enrol_cloud(tenant, grace)
    register(tenant, grace, *methods)
    move_to(tenant, march - timedelta(hours=1))
    assert reset(tenant, grace)[1].get("code", "ok") == "ok"
    move_to(tenant, march + timedelta(hours=1))
    assert reset(tenant, grace)[1].get("code", "ok") == after


def test_the_policy_says_how_many_methods_it_takes_and_which(tenant: RunningTenant) -> None:
    grace = "grace@contoso.test"
    enrol_cloud(tenant, grace)
    register(tenant, grace, "email", "softwareOneTimePasscode")
    tenant.sandbox("POST", "settings", {"methodsRequired": 2})
    assert reset(tenant, grace)[0] == 200
    tenant.sandbox("POST", "settings", {"disabledMethods": ["email"]})
    assert reset(tenant, grace)[1]["code"] == "SSPR_0014"
    assert details(tenant, grace)["isSsprRegistered"] is True


def test_the_registration_report_is_paged_and_filtered_and_without_who_is_disabled(
    tenant: RunningTenant,
) -> None:
    enrol_cloud(tenant, "grace@contoso.test")
    pages = tenant.pages(REPORT, top=50)
    rows = [row for page in pages for row in page]
    assert len(pages) == 2
    listed = [row for page in tenant.pages("/users", select="id,accountEnabled") for row in page]
    assert {row["id"] for row in rows} == {row["id"] for row in listed if row["accountEnabled"]}
    (gone, *_) = [row["id"] for row in listed if not row["accountEnabled"]]
    answers = [tenant.graph("GET", f"{REPORT}/{one}") for one in (rows[0]["id"], gone)]
    assert [answer.status_code for answer in answers] == [200, 404]
    enabled = tenant.get(REPORT, filter="isSsprEnabled eq true")["value"]
    people = {row["userPrincipalName"] for row in enabled if not row["isAdmin"]}
    assert people == {"grace@contoso.test"}


def test_audits_are_filtered_by_service_and_time_the_newest_first(tenant: RunningTenant) -> None:
    register(tenant, "grace@contoso.test")
    tenant.sandbox("POST", "clock", {"offsetSeconds": 3600})
    register(tenant, "una@contoso.test")
    service = "loggedByService eq 'Self-service Password Management'"
    both = tenant.get("/auditLogs/directoryAudits", filter=service)["value"]
    assert [entry["targetResources"][0]["userPrincipalName"] for entry in both] == [
        "una@contoso.test",
        "grace@contoso.test",
    ]
    since = f"{service} and activityDateTime ge {both[0]['activityDateTime']}"
    assert tenant.get("/auditLogs/directoryAudits", filter=since)["value"] == both[:1]


def switch(tenant: RunningTenant, **choice: str) -> None:
    assert tenant.http.post("/sspr/properties", json=choice).status_code == 200


def test_whoever_sspr_is_switched_on_for_gets_in_and_the_report_says_so_late(
    tenant: RunningTenant,
) -> None:
    register(tenant, "grace@contoso.test")
    enrol_cloud(tenant, "grace@contoso.test")
    tenant.sandbox("POST", "settings", {"reportLagSeconds": 600})
    tenant.sandbox("POST", "clock", {"offsetSeconds": 1200})
    switch(tenant, scope="none")
    assert reset(tenant, "grace@contoso.test")[1]["code"] == "SSPR_0013"
    assert details(tenant, "grace@contoso.test")["isSsprEnabled"] is True
    tenant.sandbox("POST", "clock", {"offsetSeconds": 2400})
    assert details(tenant, "grace@contoso.test")["isSsprEnabled"] is False
    switch(tenant, scope="all")
    assert reset(tenant, "grace@contoso.test")[0] == 200
    tenant.sandbox("POST", "groups", {"displayName": "Somebody else's"})
    switch(tenant, scope="selected", group="Somebody else's")
    assert reset(tenant, "grace@contoso.test")[0] == 403
    switch(tenant, scope="selected", group="SSPR-Scope")
    assert reset(tenant, "grace@contoso.test")[0] == 200


def test_a_change_of_the_scope_is_audited_with_who_did_it_unless_it_is_left_out(
    tenant: RunningTenant,
) -> None:
    switch(tenant, scope="all", by="grace@contoso.test")
    activity = "activityDisplayName eq 'Update SSPR Settings'"
    (entry,) = tenant.get("/auditLogs/directoryAudits", filter=activity)["value"]
    assert entry["targetResources"][0]["modifiedProperties"] == [
        {"displayName": "EnablementType", "oldValue": "1", "newValue": "2"}
    ]
    assert entry["initiatedBy"]["user"]["id"] == tenant.user_id("grace@contoso.test")
    tenant.sandbox("POST", "settings", {"scopeIsAudited": 0})
    switch(tenant, scope="none")
    assert tenant.get("/auditLogs/directoryAudits", filter=activity)["value"] == [entry]
    assert tenant.http.post("/sspr/properties", json={"scope": "some"}).status_code == 400


def test_a_change_of_the_methods_policy_is_audited_by_what_changed_alone(
    tenant: RunningTenant,
) -> None:
    """As the original does since April 2026; and not where nothing of the policy changed."""
    tenant.sandbox("POST", "settings", {"methodsRequired": 2, "disabledMethods": []})
    tenant.sandbox(
        "POST", "settings", {"disabledMethods": ["email"], "methodsMigration": "preMigration"}
    )
    activity = "activityDisplayName eq 'Authentication Methods Policy Update'"
    (entry,) = tenant.get("/auditLogs/directoryAudits", filter=activity)["value"]
    assert (entry["loggedByService"], entry["category"]) == (
        "Authentication Methods",
        "ApplicationManagement",
    )
    assert entry["targetResources"][0]["modifiedProperties"] == [
        {
            "displayName": "authenticationMethodConfigurations.Email.state",
            "oldValue": '"enabled"',
            "newValue": '"disabled"',
        },
        {
            "displayName": "policyMigrationState",
            "oldValue": '"migrationComplete"',
            "newValue": '"preMigration"',
        },
    ]


def test_everything_but_faults_survives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as tenant:
        sync(tenant, users=[synced_user("ada", "a1")], groups=[{**GROUP, "members": ["a1"]}])
        enrol_cloud(tenant, "grace@contoso.test")
        register(tenant, "grace@contoso.test")
        reset(tenant, "grace@contoso.test")
        tenant.sandbox("POST", "settings", {"membershipLagSeconds": 0, "connectHost": "http://x"})
        tenant.sandbox("POST", "clock", {"offsetSeconds": 100})
        tenant.sandbox("POST", "identities", {"clientId": "reader", "roles": []})
        switch(tenant, scope="all")
        before = tenant.sandbox("GET", "state")
        audits = tenant.get("/auditLogs/directoryAudits")["value"]
    with running(tmp_path) as tenant:
        assert tenant.sandbox("GET", "state") == before
        assert tenant.http.get("/sspr/properties").json()["scope"] == "all"
        assert tenant.get("/auditLogs/directoryAudits")["value"] == audits
        assert tenant.sandbox("GET", "settings")["connectHost"] == "http://x"
        assert tenant.token("reader").status_code == 200
        assert sign_in(tenant, "grace@contoso.test", NEW_PASSWORD) == 200
        ada = tenant.sandbox("GET", "users/ada@contoso.test")
        assert ada["transitiveMemberOf"] == ["SSPR-Enabled-Users", "SSPR-Scope"]
