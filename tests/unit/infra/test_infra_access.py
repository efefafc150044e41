"""Who may do what in Azure, and that nothing there opens to a key or a password."""

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from functions.operator_api import describe_api
from shared.adapters.ledger.table import Table
from shared.adapters.ledger.tables import Tables
from shared.adapters.service_bus import QueueNames
from shared.contracts import queues
from tests.unit.infra.bicep import INFRA, Choice, Declaration, Template, templates

ALL = templates()
ROLES = ALL["modules/roles.bicep"]
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
# As "Azure built-in roles", Microsoft Learn, has them.
BUILT_IN = {
    "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0": "Azure Service Bus Data Receiver",
    "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": "Azure Service Bus Data Sender",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}
TABLES = ("enrolments", "receipts", "rollouts", "plans", "operations")
RECEIVED_BY_APP = (
    "onboarding-events",
    "scope-changes",
    "directory-results",
    "rollout-operations",
    "lifecycle-callbacks",
)
SENT_BY_APP = (
    "onboarding-events",
    "scope-changes",
    "directory-commands",
    "directory-results",
    "rollout-operations",
    "lifecycle-callbacks",
)


class Grant(NamedTuple):
    """A role that somebody has on something."""

    who: str
    role: str
    on: str


APP, WORKER = "appPrincipalId", "workerPrincipalId"
RECEIVER, SENDER = "Azure Service Bus Data Receiver", "Azure Service Bus Data Sender"


def listed(name: str | None) -> list[str | None]:
    """What a loop over this variable goes through where everything optional is given."""
    if name is None:
        return [None]
    match ROLES.variables[name]:
        case Choice(then=[], otherwise=[*given]):
            return given
        case Choice(then="loadJsonContent('../tables.json')"):
            return list(TABLES)
        case [*given]:
            return given
    raise AssertionError(f"{name} is no list")


def role_of(assignment: Declaration) -> str:
    definition = assignment.body["properties"]["roleDefinitionId"]
    found = re.fullmatch(
        r"subscriptionResourceId\('Microsoft.Authorization/roleDefinitions', role\.(\w+)\)",
        definition,
    )
    assert found, definition
    return BUILT_IN[ROLES.variables["role"][found[1]]]


def scope_of(assignment: Declaration) -> Declaration:
    """What the role is on; in a loop, the resource made by a loop over the same."""
    symbol, _, index = str(assignment.body["scope"]).partition("[")
    scope = ROLES.resources[symbol]
    assert scope.is_existing
    assert bool(index) == bool(assignment.loops_over)
    if index:
        assert scope.loops_over == assignment.loops_over
        assert scope.body["name"] == scope.variable
    return scope


def grants(condition: str | None = None) -> Iterator[Grant]:
    """Those without a condition, or those with this one."""
    for one in ROLES.made(ASSIGNMENT):
        if one.condition == condition:
            kind = scope_of(one).what.rpartition("/")[2]
            for name in listed(one.loops_over):
                who = one.body["properties"]["principalId"]
                yield Grant(who, role_of(one), f"{kind} {name}" if name else kind)


def test_the_app_has_these_roles_on_these_things_and_no_others() -> None:
    assert {one for one in grants() if one.who == APP} == {
        *(Grant(APP, RECEIVER, f"queues {name}") for name in RECEIVED_BY_APP),
        *(Grant(APP, SENDER, f"queues {name}") for name in SENT_BY_APP),
        *(Grant(APP, "Storage Table Data Contributor", f"tables {name}") for name in TABLES),
        Grant(APP, "Storage Blob Data Owner", "storageAccounts"),
        Grant(APP, "Key Vault Secrets User", "vaults"),
        Grant(APP, "Monitoring Metrics Publisher", "components"),
    }


def test_the_worker_takes_commands_and_sends_results_and_may_do_nothing_else() -> None:
    assert {one for one in grants() if one.who != APP} == {
        Grant(WORKER, RECEIVER, "queues directory-commands"),
        Grant(WORKER, SENDER, "queues directory-results"),
    }


def test_without_a_worker_nothing_is_granted_to_nobody() -> None:
    for name in ("workerReceivesFrom", "workerSendsTo"):
        chosen = ROLES.variables[name]
        assert (chosen.condition, chosen.then) == ("empty(workerPrincipalId)", [])


def test_the_wider_role_for_the_ledger_takes_the_place_of_the_narrow_ones() -> None:
    (wider,) = grants("ledgerScope == 'account'")
    assert wider == Grant(APP, "Storage Table Data Contributor", "storageAccounts")
    narrow = ROLES.variables["tables"]
    assert (narrow.condition, narrow.otherwise) == ("ledgerScope == 'table'", [])


def test_every_queue_that_the_app_reads_or_writes_is_among_its_roles() -> None:
    names = QueueNames()
    sent = {getattr(names, field) for field in names.__dataclass_fields__}
    assert sent == set(SENT_BY_APP) == set(queues.SENT_TO)
    assert set(queues.RECEIVED_FROM) == set(RECEIVED_BY_APP)


def test_every_table_of_the_ledger_is_made_and_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    used = []

    class Noted(Table):
        def __init__(self, service: Any, name: str, gate: asyncio.Semaphore) -> None:
            used.append(name)
            super().__init__(service, name, gate)

    monkeypatch.setattr("shared.adapters.ledger.tables.Table", Noted)
    Tables(None)  # type: ignore[arg-type]  # nothing is contacted before a table is first used
    assert set(used) == set(TABLES)
    assert json.loads((INFRA / "tables.json").read_text()) == used
    (made,) = ALL["modules/storage.bicep"].made(
        "Microsoft.Storage/storageAccounts/tableServices/tables"
    )
    assert made.loops_over == "loadJsonContent('../tables.json')"


def test_roles_are_assigned_in_one_file_only() -> None:
    assert [name for name, one in ALL.items() if one.made(ASSIGNMENT)] == ["modules/roles.bicep"]


@pytest.mark.parametrize("one", ROLES.made(ASSIGNMENT), ids=lambda one: one.symbol)
def test_an_assignment_s_name_is_the_same_at_every_deployment_and_its_own(one: Declaration) -> None:
    principal = one.body["properties"]["principalId"]
    assert one.body["name"].startswith("guid(")
    assert principal in one.body["name"]
    role = re.search(r"role\.\w+", one.body["properties"]["roleDefinitionId"])
    assert role
    assert role[0] in one.body["name"]
    if one.variable:
        assert f", {one.variable}," in one.body["name"]
    # Else a new identity may not be found yet when the role is assigned.
    assert one.body["properties"]["principalType"] == "ServicePrincipal"


def properties(module: str, kind: str) -> dict[str, object]:
    found: dict[str, object] = ALL[f"modules/{module}.bicep"].only(kind)["properties"]
    return found


def test_no_service_takes_a_key() -> None:
    bus = properties("service-bus", "Microsoft.ServiceBus/namespaces")
    assert bus["disableLocalAuth"] is True
    storage = properties("storage", "Microsoft.Storage/storageAccounts")
    assert storage["allowSharedKeyAccess"] is False
    assert storage["allowBlobPublicAccess"] is False
    assert storage["isLocalUserEnabled"] is False
    insights = properties("monitoring", "Microsoft.Insights/components")
    assert insights["DisableLocalAuth"] is True
    workspace = properties("monitoring", "Microsoft.OperationalInsights/workspaces")
    assert workspace["features"]["disableLocalAuth"] is True  # type: ignore[index]
    vault = properties("key-vault", "Microsoft.KeyVault/vaults")
    assert vault["enableRbacAuthorization"] is True
    assert vault["enablePurgeProtection"] is True


def test_nobody_publishes_by_password() -> None:
    (one,) = ALL["modules/function-app.bicep"].made(
        "Microsoft.Web/sites/basicPublishingCredentialsPolicies"
    )
    assert one.loops_over == "['scm', 'ftp']"
    assert one.body["properties"] == {"allow": False}


def test_nothing_is_written_to_the_app_while_something_else_is() -> None:
    """App Service refuses one of two writes to a site's configuration at the same time."""
    app = ALL["modules/function-app.bicep"]
    after = {name: one.body.get("dependsOn") for name, one in app.resources.items()}
    children = {name: after[name] for name, one in app.resources.items() if "/sites/" in one.what}
    assert children == {
        "settings": None,
        "publishingByPassword": ["settings"],
        "operatorSignIn": ["publishingByPassword"],
    }
    assert "@batchSize(1)\nresource publishingByPassword " in app.text


def test_everything_asks_for_tls_1_2() -> None:
    assert (
        properties("service-bus", "Microsoft.ServiceBus/namespaces")["minimumTlsVersion"] == "1.2"
    )
    storage = properties("storage", "Microsoft.Storage/storageAccounts")
    assert storage["minimumTlsVersion"] == "TLS1_2"
    assert storage["supportsHttpsTrafficOnly"] is True
    app = properties("function-app", "Microsoft.Web/sites")
    assert app["httpsOnly"] is True
    site = app["siteConfig"]
    assert isinstance(site, dict)
    assert {site["minTlsVersion"], site["scmMinTlsVersion"]} == {"1.2"}
    assert site["ftpsState"] == "Disabled"


@pytest.mark.parametrize("template", ALL.values(), ids=ALL)
def test_no_template_reads_or_writes_a_secret(template: Template) -> None:
    assert not re.search(r"\blist(Keys|Secrets|\w*Sas)\(|AccountKey|SharedAccessKey", template.text)
    assert not template.made("Microsoft.KeyVault/vaults/secrets")


def sign_in() -> dict[str, object]:
    settings = ALL["modules/function-app.bicep"].made("Microsoft.Web/sites/config")
    (one,) = [one for one in settings if one.body["name"] == "authsettingsV2"]
    chosen = one.body["properties"]
    assert chosen.condition == "signsOperatorsIn"
    # Written in either case: a deployment takes nothing away that an earlier one has made.
    assert one.condition is None
    assert chosen.otherwise == {"platform": {"enabled": False}}
    found: dict[str, object] = chosen.then
    assert found["platform"] == {"enabled": True, "runtimeVersion": "~1"}
    return found


def test_operators_sign_in_before_anything_of_theirs_is_reached() -> None:
    checked = sign_in()["globalValidation"]
    assert isinstance(checked, dict)
    assert checked["requireAuthentication"] is True
    assert checked["unauthenticatedClientAction"] == "Return401"
    paths = set(describe_api()["paths"])
    patterns = [re.escape(path).replace(r"\*", ".*") for path in checked["excludedPaths"]]
    outside = {path for path in paths if any(re.fullmatch(one, f"/api{path}") for one in patterns)}
    assert outside == paths & {"/health", "/onboarding-events", "/hr/{source}", "/hooks/{source}"}
    assert len(paths - outside) > 15


def test_a_door_is_left_open_to_what_brings_its_own_authentication() -> None:
    checked = sign_in()["globalValidation"]
    assert isinstance(checked, dict)
    assert checked["excludedPaths"] == [
        # One word; what else the app knows of its health is below, and behind the door.
        "/api/health",
        "/api/onboarding-events",
        "/api/hr/*",
        "/api/hooks/*",
    ]
