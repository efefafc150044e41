"""What azd is told: parameters, where to deploy, what runs before, and in which order."""

import json
import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.infra.compiler import INFRA
from tests.support.infra.snapshots import ASSIGNMENT, SNAPSHOTS, Snapshot
from tests.support.repository import ROOT

GIVEN = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]
PROJECT = YAML(typ="safe").load(ROOT / "azure.yaml")
APP = PROJECT["services"]["app"]
FROM_AZD = re.compile(r"\$\{([A-Z_]+)(?:=([^}]*))?\}")
ROWS = re.compile(r"^\| (`[A-Z_`, ]+`) \| ([^|]*) \|", re.MULTILINE)

Parameters = dict[str, dict[str, Any]]


def test_azd_is_asked_for_every_parameter(parameters: Parameters) -> None:
    """So that none needs a changed file, which the next version would have to be merged with."""
    assert GIVEN.keys() == parameters.keys()
    assert GIVEN["environmentName"]["value"] == "${AZURE_ENV_NAME}"
    assert GIVEN["location"]["value"] == "${AZURE_LOCATION}"


@pytest.mark.parametrize("name", GIVEN)
def test_a_default_of_azd_is_the_template_s_own(name: str, parameters: Parameters) -> None:
    """azd makes a truth value or a number of the text where the template wants one."""
    given = FROM_AZD.fullmatch(GIVEN[name]["value"])
    assert given, f"{GIVEN[name]['value']} is not a name that azd fills in"
    usual = parameters[name].get("defaultValue")
    written = str(usual).lower() if isinstance(usual, bool) else str(usual or "")
    assert (given[2] or "") == ("0" if usual == 0 and usual is not False else written)


def test_the_documentation_has_every_variable_with_its_default() -> None:
    rows: dict[str, str] = {}
    for names, default in ROWS.findall((ROOT / "docs/deploy.md").read_text()):
        rows |= dict.fromkeys(re.findall(r"`([A-Z_]+)`", names), default)
    for one in GIVEN.values():
        found = FROM_AZD.fullmatch(one["value"])
        assert found
        if found[1] not in {"AZURE_ENV_NAME", "AZURE_LOCATION"}:
            assert found[1] in rows
            assert not found[2] or rows[found[1]] == f"`{found[2]}`", found[1]


def test_azd_deploys_the_service_to_the_app_that_carries_its_name() -> None:
    assert PROJECT["infra"] == {"provider": "bicep", "path": "infra", "module": "main"}
    assert (APP["project"], APP["language"], APP["host"]) == (".", "python", "function")
    (site,) = SNAPSHOTS["everything"].made("Microsoft.Web/sites")
    # The environment by azd's own spelling, whatever the names are made of.
    assert {"azd-env-name": "Contoso", "azd-service-name": "app"}.items() <= site["tags"].items()


def test_an_azd_that_would_build_in_azure_all_the_same_is_refused() -> None:
    """Before 1.23.5 azd passes over `remoteBuild` of a function app."""
    assert APP["remoteBuild"] is False
    assert PROJECT["requiredVersions"] == {"azd": ">= 1.23.5"}


@pytest.mark.parametrize("event", ["prepackage", "predeploy"])
def test_what_azd_runs_beforehand_is_there_on_every_system(event: str) -> None:
    hooks = APP["hooks"][event]
    assert hooks.keys() == {"posix", "windows"}
    for hook in hooks.values():
        (script,) = [word for word in hook["run"].split() if word.endswith(".py")]
        assert (ROOT / script).is_file()


def test_nothing_is_deployed_before_the_permissions_are_there() -> None:
    """An app that asks too early is refused for a day: its token is kept that long."""
    for one in APP["hooks"]["predeploy"].values():
        assert "infra/graph/check_permissions.py" in one["run"]
        assert not one.get("continueOnError", False)


def test_what_the_command_line_and_the_worker_need_is_put_out_under_its_own_name(
    template: dict[str, Any],
) -> None:
    outputs = set(template["outputs"])
    assert {"SSPR_URL", "AZURE_APP_PRINCIPAL_ID", "SSPR_WORKER_SERVICE_BUS_NAMESPACE"} <= outputs
    assert "SSPR_WORKER_SERVICE_BUS_NAMESPACE=" in (ROOT / "worker.env.sample").read_text()


all_set_ups = pytest.mark.parametrize("one", SNAPSHOTS.values(), ids=SNAPSHOTS)


@all_set_ups
def test_whatever_can_carry_the_environment_s_tag_does(one: Snapshot) -> None:
    """By which azd, and whoever pays, finds what belongs together."""
    with_place = [resource for resource in one.resources if "location" in resource]
    policies = "Microsoft.Web/sites/basicPublishingCredentialsPolicies"
    untagged = [
        resource["type"]
        for resource in with_place
        if "azd-env-name" not in resource.get("tags", {}) and resource["type"] != policies
    ]
    assert untagged == []


def test_names_follow_no_spelling() -> None:
    """`Contoso` in `West Europe` is `contoso` in `westeurope`; two would make everything twice."""

    def ids(name: str) -> set[str]:
        resources = SNAPSHOTS[name].resources
        # Which roles there are is another question than how things are spelt.
        return {one["id"] for one in resources if one["type"] != ASSIGNMENT}

    assert ids("nested") <= ids("everything")
    (group,) = SNAPSHOTS["everything"].made("Microsoft.Resources/resourceGroups")
    assert (group["name"], group["location"]) == ("rg-sspr-contoso", "westeurope")


@all_set_ups
def test_names_are_as_azure_wants_them(one: Snapshot) -> None:
    """Source: "Naming rules and restrictions for Azure resources", Microsoft Learn."""
    rules = {
        "Microsoft.Storage/storageAccounts": r"[a-z0-9]{3,24}",
        "Microsoft.KeyVault/vaults": r"[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]",
        "Microsoft.ServiceBus/namespaces": r"[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]",
        "Microsoft.Web/sites": r"[A-Za-z0-9][A-Za-z0-9-]{0,58}[A-Za-z0-9]",
    }
    for kind, rule in rules.items():
        assert re.fullmatch(rule, one.made(kind)[0]["name"])
