"""The app's settings in Azure: complete for the app, and nothing that nobody reads."""

import json
import re
from typing import Any

import pytest
from azure_functions_runtime.utils import constants

from shared.settings import Settings, read_settings
from tests.unit.infra.bicep import INFRA, Choice, Expression, templates
from tests.unit.test_settings import names_of_settings, sample, schedules

ROOT = INFRA.parent
APP = templates()["modules/function-app.bicep"]
OWN: dict[str, Any] = APP.variables["ownSettings"]
SCHEDULES: dict[str, Any] = APP.variables["schedules"]
OF_THE_HOST = {
    "AzureWebJobsStorage__blobServiceUri",
    "AzureWebJobsStorage__credential",
    "AzureWebJobsStorage__clientId",
    "ServiceBusConnection__credential",
    "ServiceBusConnection__clientId",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    constants.PYTHON_ENABLE_OPENTELEMETRY,
}
OF_THE_HR_ADAPTERS = {"SSPR_ENTRA_TENANT_ID"}
GIVEN = {
    "scopeGroupId": "5c09e000-0000-0000-0000-000000000001",
    "topology": "nested",
    "excludedGroupIds": "5c09e000-0000-0000-0000-000000000002",
    "identityClientId": "c1e00000-0000-0000-0000-000000000003",
    "tableEndpoint": "https://ledger.table.core.windows.net/",
    "serviceBusNamespace": "rollout.servicebus.windows.net",
}


def deployed(*, signs_operators_in: bool) -> dict[str, str]:
    """The settings as a deployment with `GIVEN` makes them, where they are known."""
    found = {}
    for name, one in OWN.items():
        chosen = one
        if isinstance(one, Choice):
            assert one.condition == "signsOperatorsIn"
            chosen = one.then if signs_operators_in else one.otherwise
        if isinstance(chosen, Expression):
            chosen = GIVEN.get(chosen)
        if chosen is not None:
            found[name] = chosen
    return found


def read(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> Settings:
    for name in names_of_settings():
        monkeypatch.delenv(name, raising=False)
    for name, one in environment.items():
        monkeypatch.setenv(name, one)
    return read_settings()


def test_the_app_starts_with_what_is_deployed_and_without_a_connection_string(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = read(monkeypatch, deployed(signs_operators_in=False))
    assert settings.scope_group_id == GIVEN["scopeGroupId"]
    assert settings.excluded_group_ids == {GIVEN["excludedGroupIds"]}
    assert settings.identity_client_id == GIVEN["identityClientId"]
    assert settings.ledger_endpoint == GIVEN["tableEndpoint"]
    assert settings.service_bus_namespace == GIVEN["serviceBusNamespace"]
    assert settings.ledger_connection_string is settings.service_bus_connection_string is None
    assert settings.operator_auth == "key"


def test_operators_sign_in_where_an_app_registration_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert APP.variables["signsOperatorsIn"] == "!empty(operatorAppId)"
    platform = {"WEBSITE_AUTH_ENABLED": "True"}
    settings = read(monkeypatch, deployed(signs_operators_in=True) | platform)
    assert settings.operator_auth == "entra"


def test_no_setting_is_one_that_nobody_reads() -> None:
    known = {*names_of_settings(), *schedules(), *OF_THE_HOST, *OF_THE_HR_ADAPTERS}
    assert {*OWN, *SCHEDULES} - known == set()


def test_every_schedule_of_the_clock_is_set_as_the_sample_has_it() -> None:
    assert {name: sample()[name] for name in schedules()} == SCHEDULES


def test_what_the_template_decides_comes_last() -> None:
    (settings,) = [
        one for one in APP.made("Microsoft.Web/sites/config") if one.body["name"] == "appsettings"
    ]
    order = re.findall(r"schedules|moreSettings|ownSettings|hrSecrets", settings.body["properties"])
    assert order == ["schedules", "moreSettings", "ownSettings", "hrSecrets"]


def test_secrets_of_hr_systems_are_references_and_never_values() -> None:
    made = APP.variables["hrSecrets"]
    assert "'SSPR_HR_SECRETS__${toUpper(replace(secret, '-', '_'))}'" in made
    assert "'@Microsoft.KeyVault(VaultName=${keyVaultName};SecretName=${secret})'" in made
    app = APP.only("Microsoft.Web/sites")["properties"]
    # Without it the platform would ask with the system's identity, which there is none of.
    assert app["keyVaultReferenceIdentity"] == "identityId"


def test_the_app_runs_on_the_python_that_it_is_developed_with() -> None:
    runtime = APP.only("Microsoft.Web/sites")["properties"]["functionAppConfig"]["runtime"]
    developed_with = (ROOT / ".python-version").read_text().strip()
    assert runtime == {"name": "python", "version": developed_with}


def test_the_package_is_fetched_with_the_app_s_identity() -> None:
    config = APP.only("Microsoft.Web/sites")["properties"]["functionAppConfig"]
    assert config["deployment"]["storage"]["authentication"] == {
        "type": "UserAssignedIdentity",
        "userAssignedIdentityResourceId": "identityId",
    }


def test_host_and_worker_both_speak_opentelemetry_with_the_app_s_identity() -> None:
    host = json.loads((ROOT / "host.json").read_text())
    assert host["telemetryMode"] == "OpenTelemetry"
    assert OWN[constants.PYTHON_ENABLE_OPENTELEMETRY] == "true"
    sent_as = "'ClientId=${identityClientId};Authorization=AAD'"
    assert OWN["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] == sent_as


def test_host_connections_name_the_user_assigned_identity() -> None:
    for connection in ("AzureWebJobsStorage", "ServiceBusConnection"):
        assert OWN[f"{connection}__credential"] == "managedidentity"
        assert OWN[f"{connection}__clientId"] == "identityClientId"
