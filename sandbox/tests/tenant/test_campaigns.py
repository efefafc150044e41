"""Microsoft's campaigns: who is interrupted at sign-in from which day on, and what comes of it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.testing.tenant_process import RunningTenant, running

UPN = "ada@contoso.test"
JULY, SEPTEMBER = datetime(2026, 7, 6, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
FEBRUARY = datetime(2027, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTenant]:
    with running(tmp_path_factory.mktemp("tenant")) as tenant:
        yield tenant


@pytest.fixture
def tenant(process: RunningTenant) -> RunningTenant:
    process.sandbox("POST", "reset")
    quick = {"membershipLagSeconds": 0, "reportLagSeconds": 0, "indexLagSeconds": 0}
    process.sandbox("POST", "settings", {**quick, "campaigns": ["sspr", "passkey"]})
    process.sandbox("POST", "quotas", {"enabled": False})
    move_to(process, JULY - timedelta(days=30))
    process.sandbox("POST", "users", {"userPrincipalName": UPN, "displayName": "Ada"})
    added = process.add(process.group_id("SSPR-Scope"), process.user_id(UPN))
    assert added.status_code == 204
    return process


def move_to(tenant: RunningTenant, moment: datetime) -> None:
    offset = moment.timestamp() - time.time()
    tenant.sandbox("POST", "clock", {"offsetSeconds": offset})
    tenant.http.headers["Authorization"] = f"Bearer {tenant.token().json()['access_token']}"


def register(tenant: RunningTenant, *methods: str) -> None:
    body = {"userPrincipalName": UPN, "methods": methods}
    assert tenant.http.post("/sspr/register", json=body).status_code == 204


def interrupt(tenant: RunningTenant, **said: Any) -> Any:
    answer = tenant.http.post("/sspr/interrupt", json={"userPrincipalName": UPN, **said})
    assert answer.status_code == 200, answer.text
    return answer.json()["nudge"]


def refused(tenant: RunningTenant, **said: Any) -> str:
    answer = tenant.http.post("/sspr/interrupt", json={"userPrincipalName": UPN, **said})
    assert answer.status_code == 400
    return str(answer.json()["error"])


def reset(tenant: RunningTenant) -> tuple[int, Any]:
    body = {"userPrincipalName": UPN, "newPassword": "forgotten-no-more-1"}
    answer = tenant.http.post("/sspr/reset", json=body)
    return answer.status_code, answer.json().get("code")


def test_who_has_registered_nothing_is_led_to_register_for_resets_from_july(
    tenant: RunningTenant,
) -> None:
    move_to(tenant, JULY - HOUR)
    assert interrupt(tenant) is None
    move_to(tenant, JULY)
    nudge = interrupt(tenant)
    assert (nudge["campaign"], nudge["blocks"]) == ("sspr", False)
    assert reset(tenant) == (403, "SSPR_0014")
    assert interrupt(tenant, methods=["email"]) is None
    assert reset(tenant) == (200, None)


def test_who_has_a_phone_is_led_to_a_passkey_from_september_and_may_skip_for_a_day(
    tenant: RunningTenant,
) -> None:
    register(tenant, "mobilePhone")
    move_to(tenant, SEPTEMBER - HOUR)
    assert interrupt(tenant) is None
    for day in range(5):
        move_to(tenant, SEPTEMBER + day * timedelta(days=1, minutes=1))
        assert interrupt(tenant)["campaign"] == "passkey"
        assert interrupt(tenant, skip=True) is None
    assert interrupt(tenant) is None


def test_who_follows_the_campaign_can_no_longer_reset_when_the_phones_end(
    tenant: RunningTenant,
) -> None:
    register(tenant, "mobilePhone")
    move_to(tenant, SEPTEMBER)
    assert interrupt(tenant, methods=["passKeySynced"]) is None
    assert reset(tenant) == (200, None)
    move_to(tenant, FEBRUARY)
    [row] = tenant.get(
        "/reports/authenticationMethods/userRegistrationDetails",
        filter=f"userPrincipalName eq '{UPN}'",
    )["value"]
    assert row["methodsRegistered"] == ["mobilePhone", "passKeySynced"]
    assert reset(tenant) == (403, "SSPR_0014")
    # They have registered, as the report has it: the campaign for resets does not come for them.
    assert interrupt(tenant) is None


def test_from_february_who_has_nothing_but_a_phone_is_kept_out_until_there_is_a_passkey(
    tenant: RunningTenant,
) -> None:
    register(tenant, "mobilePhone")
    move_to(tenant, FEBRUARY - HOUR)
    assert interrupt(tenant, skip=True) is None
    move_to(tenant, FEBRUARY)
    assert interrupt(tenant)["blocks"] is True
    assert refused(tenant, skip=True).startswith("skip: ")
    assert refused(tenant, methods=["email"]).startswith("methods: ")
    assert interrupt(tenant, methods=["passKeyDeviceBound"]) is None


def test_who_has_another_second_factor_is_asked_and_not_kept_out(tenant: RunningTenant) -> None:
    register(tenant, "mobilePhone", "microsoftAuthenticatorPush")
    move_to(tenant, FEBRUARY)
    assert interrupt(tenant)["blocks"] is False


@pytest.mark.parametrize("taken", ["mobilePhone", "campaign"])
def test_a_policy_without_sms_or_a_tenant_that_has_opted_out_asks_for_no_passkey(
    tenant: RunningTenant, taken: str
) -> None:
    register(tenant, "mobilePhone")
    changes = {"mobilePhone": {"disabledMethods": ["mobilePhone"]}, "campaign": {"campaigns": []}}
    tenant.sandbox("POST", "settings", changes[taken])
    move_to(tenant, SEPTEMBER)
    assert interrupt(tenant) is None
    assert refused(tenant, skip=True).startswith("userPrincipalName: ")


def test_a_campaign_of_another_name_is_refused(tenant: RunningTenant) -> None:
    answer = tenant.http.post("/sandbox/settings", json={"campaigns": ["sms"]})
    assert answer.status_code == 400
    assert "campaigns: not of passkey, sspr" in answer.text
