"""The app's settings in Azure: complete for the app, and nothing that nobody reads."""

import json
from datetime import timedelta
from typing import Any

import pytest
from azure_functions_runtime.utils import constants

from shared.bootstrap import check_setup
from shared.settings import AppSettings, examine_settings
from tests.support.app_settings import names_of_settings, sample, schedules
from tests.support.infra.snapshots import SNAPSHOTS, Snapshot
from tests.support.repository import ROOT

NESTED = SNAPSHOTS["nested"]
SITE = NESTED.only("Microsoft.Web/sites")
IDENTITY = NESTED.made("Microsoft.ManagedIdentity/userAssignedIdentities")[0]["id"]
all_set_ups = pytest.mark.parametrize("one", SNAPSHOTS.values(), ids=SNAPSHOTS)
OF_THE_HOST = {
    "AzureWebJobsFeatureFlags",
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "ServiceBusConnection__credential",
    "ServiceBusConnection__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT",
    constants.PYTHON_ENABLE_OPENTELEMETRY,
}
KNOWN_ONCE_DEPLOYED = {
    "SSPR_ENTRA_TENANT_ID": "2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e11",
    "SSPR_IDENTITY_CLIENT_ID": "c1e00000-0000-0000-0000-000000000003",
    "SSPR_LEDGER_ENDPOINT": "https://ledger.table.core.windows.net/",
    "ServiceBusConnection__fullyQualifiedNamespace": "rollout.servicebus.windows.net",
}
"""What stands for the expressions that only a deployment can work out."""


def deployed(one: Snapshot) -> dict[str, str]:
    """The app's environment in this set-up, as far as it concerns the app."""
    found = {}
    for name, text in one.settings.items():
        value = KNOWN_ONCE_DEPLOYED.get(name, "") if text.startswith("[") else text
        if value and not text.startswith("@Microsoft.KeyVault("):
            found[name] = value
    return found


def read(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> AppSettings:
    for name in names_of_settings():
        monkeypatch.delenv(name, raising=False)
    for name, one in environment.items():
        monkeypatch.setenv(name, one)
    return check_setup(examine_settings()).settings


@all_set_ups
def test_the_app_starts_with_what_is_deployed_and_without_a_connection_string(
    monkeypatch: pytest.MonkeyPatch, one: Snapshot
) -> None:
    signs_in = one.name in {"entra-sign-in", "everything"}
    settings = read(monkeypatch, deployed(one))
    assert settings.scope_group_id == one.settings["SSPR_SCOPE_GROUP_ID"]
    assert settings.topology == one.settings["SSPR_TOPOLOGY"]
    assert settings.identity_client_id == KNOWN_ONCE_DEPLOYED["SSPR_IDENTITY_CLIENT_ID"]
    assert settings.ledger_endpoint == KNOWN_ONCE_DEPLOYED["SSPR_LEDGER_ENDPOINT"]
    assert settings.service_bus_namespace in KNOWN_ONCE_DEPLOYED.values()
    assert settings.ledger_connection_string is settings.service_bus_connection_string is None
    assert settings.operator_auth == ("entra" if signs_in else "key")


def test_what_the_operators_have_chosen_reaches_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = SNAPSHOTS["everything"]
    settings = read(monkeypatch, deployed(everything))
    assert len(settings.excluded_group_ids) == 2
    assert settings.lease == timedelta(minutes=10)
    # The host's own, by which one function is switched off.
    assert everything.settings["AzureWebJobs.take_hr_event.Disabled"] == "true"


@all_set_ups
def test_no_setting_is_one_that_nobody_reads(one: Snapshot) -> None:
    known = {*names_of_settings(), *schedules(), *OF_THE_HOST}
    given = {name for name in one.settings if not name.startswith("SSPR_HR_SECRETS__")}
    assert given - known - {"AzureWebJobs.take_hr_event.Disabled"} == set()


def test_every_schedule_of_the_clock_is_set_as_the_sample_has_it() -> None:
    names = schedules()
    assert {name: sample()[name] for name in names} == {
        name: NESTED.settings[name] for name in names
    }


def test_what_the_template_decides_comes_last(template: dict[str, Any]) -> None:
    """So that nobody's own setting unsays it; a schedule may be changed."""
    app = template["resources"]["functionApp"]["properties"]["template"]["resources"]
    assert app["settings"]["properties"].startswith(
        "[union(variables('schedules'), parameters('moreSettings'), variables('ownSettings'),"
        " variables('hrSecrets'),"
    )


def test_secrets_of_hr_systems_are_references_and_never_values() -> None:
    settings = SNAPSHOTS["hr-secrets"].settings
    (vault,) = SNAPSHOTS["hr-secrets"].made("Microsoft.KeyVault/vaults")
    found = f"VaultName={vault['name']}"
    given = {name: one for name, one in settings.items() if name.startswith("SSPR_HR_SECRETS__")}
    assert given == {
        f"SSPR_HR_SECRETS__{name}": f"@Microsoft.KeyVault({found};SecretName={secret})"
        for name, secret in (("PEOPLE_FIRST", "people-first"), ("BAMBOOHR", "BAMBOOHR"))
    }
    assert settings["SSPR_HR_AUDIENCE"] == "api://sspr-hr"
    # Without it the platform would ask with the system's identity, which there is none of.
    assert SITE["keyVaultReferenceIdentity"] == IDENTITY


def test_the_app_runs_on_the_python_that_it_is_developed_with() -> None:
    developed_with = (ROOT / ".python-version").read_text().strip()
    assert SITE["functionAppConfig"]["runtime"] == {"name": "python", "version": developed_with}


def test_the_package_is_fetched_with_the_app_s_identity() -> None:
    storage = SITE["functionAppConfig"]["deployment"]["storage"]
    assert storage["authentication"] == {
        "type": "UserAssignedIdentity",
        "userAssignedIdentityResourceId": IDENTITY,
    }


def test_host_and_worker_both_speak_opentelemetry_with_the_app_s_identity() -> None:
    host = json.loads((ROOT / "host.json").read_text())
    assert host["telemetryMode"] == "OpenTelemetry"
    assert NESTED.settings[constants.PYTHON_ENABLE_OPENTELEMETRY] == "true"
    sent_as = NESTED.settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]
    assert sent_as.startswith("[format('ClientId={0};Authorization=AAD', reference('")
    assert sent_as.endswith(".clientId)]")


def test_host_connections_name_the_user_assigned_identity() -> None:
    for connection in ("AzureWebJobsStorage", "ServiceBusConnection"):
        assert NESTED.settings[f"{connection}__credential"] == "managedidentity"
        assert f"{IDENTITY}'" in NESTED.settings[f"{connection}__clientId"]


def test_the_host_finds_its_storage_by_name_and_keeps_no_events_in_tables() -> None:
    """By address alone it has been seen to miss it; its events would need a role on all tables."""
    (account,) = NESTED.made("Microsoft.Storage/storageAccounts")
    assert NESTED.settings["AzureWebJobsStorage__accountName"] == account["name"]
    assert "primaryEndpoints.blob" in NESTED.settings["AzureWebJobsStorage__blobServiceUri"]
    assert NESTED.settings["AzureWebJobsFeatureFlags"] == "DisableDiagnosticEventLogging"
    assert "AzureWebJobsStorage__tableServiceUri" not in NESTED.settings
