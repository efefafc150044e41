"""The templates as a whole: they parse, fit together, and azd finds what it looks for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.unit.infra.bicep import INFRA, Choice, Declaration, Template, templates

ROOT = INFRA.parent
ALL = templates()
MAIN = ALL["main.bicep"]
PARAMETERS = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]
FROM_AZD = re.compile(r"\$\{([A-Z_]+)(?:=([^}]*))?\}")


def module(path: str) -> Template:
    return ALL[path]


def uses() -> Iterator[tuple[Declaration, str]]:
    """Every use of a module in any template, and the file that it is, below infra."""
    for name, template in ALL.items():
        folder = (INFRA / name).parent
        for one in template.modules.values():
            yield one, str((folder / one.what).resolve().relative_to(INFRA))


@pytest.mark.parametrize("name", ALL)
def test_a_template_is_bicep(name: str) -> None:
    assert ALL[name].errors == []


def test_what_is_not_bicep_would_be_noticed(tmp_path: Path) -> None:
    broken = tmp_path / "broken.bicep"
    broken.write_text("param location string =\nresource a 'b@1' = {")
    assert Template(broken).errors


def test_every_module_is_a_file_and_every_file_but_main_a_module() -> None:
    assert {file for _, file in uses()} == set(ALL) - {"main.bicep"}


@pytest.mark.parametrize(
    ("used", "file"), list(uses()), ids=lambda one: getattr(one, "symbol", one)
)
def test_a_module_gets_the_parameters_that_it_requires_and_no_unknown_one(
    used: Declaration, file: str
) -> None:
    declared = module(file).parameters
    given = set(used.body["params"])
    assert given <= set(declared)
    assert {one.name for one in declared.values() if one.is_required} <= given


def test_every_output_of_a_module_that_main_uses_is_there() -> None:
    used = re.findall(r"\b(\w+)\.outputs\.(\w+)", MAIN.text)
    assert len(used) > 10
    missing = [
        f"{name}.{output}"
        for name, output in used
        if output not in module(MAIN.modules[name].what).outputs
    ]
    assert missing == []


def test_every_parameter_of_main_reaches_something() -> None:
    unused = [name for name in MAIN.parameters if len(re.findall(rf"\b{name}\b", MAIN.text)) < 2]
    assert unused == []


def test_the_private_network_is_made_only_where_it_is_asked_for_and_closes_the_public_doors() -> (
    None
):
    assert MAIN.modules["network"].condition == "privateNetwork"
    assert MAIN.parameters["privateNetwork"].default is False
    closed = Choice("isPrivate", "Disabled", "Enabled")
    for path, kind in (
        ("modules/service-bus.bicep", "Microsoft.ServiceBus/namespaces"),
        ("modules/storage.bicep", "Microsoft.Storage/storageAccounts"),
        ("modules/key-vault.bicep", "Microsoft.KeyVault/vaults"),
    ):
        assert module(path).only(kind)["properties"]["publicNetworkAccess"] == closed, path


def test_private_endpoints_force_the_premium_tier_of_service_bus() -> None:
    """Source: "Azure Service Bus Premium messaging tier", Microsoft Learn."""
    sku = module("modules/service-bus.bicep").only("Microsoft.ServiceBus/namespaces")["sku"]
    assert (sku.condition, sku.then["name"]) == ("isPrivate", "Premium")
    # Basic has no duplicate detection.
    assert sku.otherwise["name"] == "Standard"


def test_azd_is_asked_for_parameters_that_main_has_and_for_all_that_it_requires() -> None:
    assert set(PARAMETERS) <= set(MAIN.parameters)
    required = {one.name for one in MAIN.parameters.values() if one.is_required}
    assert required <= set(PARAMETERS)
    assert PARAMETERS["environmentName"]["value"] == "${AZURE_ENV_NAME}"
    assert PARAMETERS["location"]["value"] == "${AZURE_LOCATION}"


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_default_of_azd_is_the_template_s_own(name: str) -> None:
    given, parameter = PARAMETERS[name]["value"], MAIN.parameters[name]
    if isinstance(given, str):
        found = FROM_AZD.fullmatch(given)
        assert found, f"{given} is not a name that azd fills in"
        given = None if parameter.is_required else found[2] or ""
    # Azure takes "false" for a parameter that is a bool.
    default: Any = parameter.default
    assert given == (str(default).lower() if isinstance(default, bool) else default)


def test_azd_deploys_the_service_to_the_app_that_carries_its_name() -> None:
    project = YAML(typ="safe").load(ROOT / "azure.yaml")
    assert project["infra"] == {"provider": "bicep", "path": "infra", "module": "main"}
    ((name, service),) = project["services"].items()
    assert (service["project"], service["language"], service["host"]) == (".", "python", "function")
    assert f"'azd-service-name': '{name}'" in module("modules/function-app.bicep").text
    assert "{ 'azd-env-name': environmentName }" in MAIN.text


def test_an_azd_that_would_build_in_azure_all_the_same_is_refused() -> None:
    """Before 1.23.5 azd passes over `remoteBuild` of a function app."""
    project = YAML(typ="safe").load(ROOT / "azure.yaml")
    assert project["services"]["app"]["remoteBuild"] is False
    assert project["requiredVersions"] == {"azd": ">= 1.23.5"}


def test_what_azd_runs_before_packaging_is_there() -> None:
    project = YAML(typ="safe").load(ROOT / "azure.yaml")
    for hook in project["services"]["app"]["hooks"]["prepackage"].values():
        (script,) = [word for word in hook["run"].split() if word.endswith(".py")]
        assert (ROOT / script).is_file()


def test_what_the_command_line_and_the_worker_need_is_put_out_under_its_own_name() -> None:
    assert {"SSPR_URL", "SSPR_WORKER_SERVICE_BUS_NAMESPACE"} <= set(MAIN.outputs)
    assert "/api'" in module("modules/function-app.bicep").outputs["url"]
    assert "SSPR_WORKER_SERVICE_BUS_NAMESPACE=" in (ROOT / "worker.env.sample").read_text()


def test_alerts_and_workbook_look_at_what_is_deployed() -> None:
    alerts, workbook = (MAIN.modules[name].body["params"] for name in ("alerts", "workbook"))
    for watched in (alerts, workbook):
        assert watched["workspaceId"] == "monitoring.outputs.workspaceId"
        assert watched["serviceBusNamespaceId"] == "serviceBus.outputs.id"
    assert alerts["applicationInsightsId"] == "monitoring.outputs.applicationInsightsId"
    assert alerts["alertEmail"] == "alertEmail"
