"""Who may do what in Azure, and that nothing there opens to a key or a password."""

import json
import re
from typing import Any

import pytest

from functions.operator_api import describe_api
from shared.adapters.tables.table import Table
from shared.adapters.tables.tables import Tables
from shared.contracts.messages import queues
from tests.support.infra.compiler import INFRA
from tests.support.infra.snapshots import APP, ASSIGNMENT, SNAPSHOTS, WORKER, Grant, Snapshot

QUEUE, TABLE = "Microsoft.ServiceBus/namespaces/queues", "tableServices/tables"
ACCOUNT = "Microsoft.Storage/storageAccounts"
RECEIVER, SENDER = "Azure Service Bus Data Receiver", "Azure Service Bus Data Sender"
LEDGER = "Storage Table Data Contributor"
TABLES = ("enrolments", "receipts", "rollouts", "plans", "operations")
RECEIVED_BY_APP = (
    "onboarding-events",
    "scope-changes",
    "directory-commands",  # its dead letters
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


all_set_ups = pytest.mark.parametrize("one", SNAPSHOTS.values(), ids=SNAPSHOTS)


def of_the_ledger(grant: Grant) -> bool:
    return grant.role == LEDGER


def the_app_s_own(one: Snapshot) -> set[tuple[str, str, str]]:
    """Whatever it may do with anything but the ledger."""
    grants = (grant for grant in one.grants if grant.who == APP and not of_the_ledger(grant))
    return {(grant.role, grant.kind, grant.name if grant.kind == QUEUE else "") for grant in grants}


@all_set_ups
def test_the_app_has_these_roles_on_these_things_and_no_others(one: Snapshot) -> None:
    assert the_app_s_own(one) == {
        *((RECEIVER, QUEUE, name) for name in RECEIVED_BY_APP),
        *((SENDER, QUEUE, name) for name in SENT_BY_APP),
        ("Storage Blob Data Owner", ACCOUNT, ""),
        ("Key Vault Secrets User", "Microsoft.KeyVault/vaults", ""),
        ("Monitoring Metrics Publisher", "Microsoft.Insights/components", ""),
    }


@all_set_ups
def test_the_ledger_is_written_by_a_role_on_each_table_or_on_the_account_and_never_both(
    one: Snapshot,
) -> None:
    """The wider one is a way round, should Azure refuse transactions to the narrow ones."""
    grants = [grant for grant in one.grants if of_the_ledger(grant)]
    assert {grant.who for grant in grants} == {APP}
    if one.name in {"account-ledger", "everything"}:
        assert [grant.kind for grant in grants] == [ACCOUNT]
    else:
        assert {grant.kind for grant in grants} == {f"{ACCOUNT}/{TABLE}"}
        assert sorted(grant.name for grant in grants) == sorted(TABLES)


@all_set_ups
def test_the_worker_takes_commands_and_sends_results_and_may_do_nothing_else(
    one: Snapshot,
) -> None:
    granted = {grant for grant in one.grants if grant.who == WORKER}
    allowed = {
        Grant(WORKER, RECEIVER, QUEUE, "directory-commands"),
        Grant(WORKER, SENDER, QUEUE, "directory-results"),
    }
    assert granted == (set() if one.name == "cloud" else allowed)


@all_set_ups
def test_an_assignment_s_name_is_its_own_and_known_before_anything_is_made(one: Snapshot) -> None:
    """Else a preview shows none of them: it cannot tell what hangs on a name yet to come."""
    assignments = one.made(ASSIGNMENT)
    assert len({grant["name"] for grant in assignments}) == len(assignments) > 15
    for grant in assignments:
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", grant["name"])
        # Else a new identity may not be found yet when the role is assigned.
        assert grant["properties"]["principalType"] == "ServicePrincipal"


def test_every_queue_that_the_app_reads_or_writes_is_among_its_roles() -> None:
    assert set(queues.SENT_TO) == set(SENT_BY_APP)
    assert {*queues.RECEIVED_FROM, *queues.DEAD_LETTERS_OF} == set(RECEIVED_BY_APP)


def test_every_table_of_the_ledger_is_made_and_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    used = set()

    class Noted(Table):
        def __init__(self, service: Any, name: str, *others: Any) -> None:
            used.add(name)
            super().__init__(service, name, *others)

    monkeypatch.setattr("shared.adapters.tables.tables.Table", Noted)
    Tables(None)  # type: ignore[arg-type]  # nothing is contacted before a table is first used
    assert used == set(TABLES)
    listed = json.loads((INFRA / "tables.json").read_text())
    assert sorted(listed) == sorted(used)
    made = SNAPSHOTS["nested"].made(f"{ACCOUNT}/{TABLE}")
    assert [one["name"].rpartition("/")[2] for one in made] == listed


def test_roles_are_assigned_in_one_module_only(template: dict[str, Any]) -> None:
    assigning = [name for name, one in template["resources"].items() if ASSIGNMENT in str(one)]
    assert assigning == ["roles"]


@all_set_ups
def test_no_service_takes_a_key(one: Snapshot) -> None:
    assert one.only("Microsoft.ServiceBus/namespaces")["disableLocalAuth"] is True
    storage = one.only(ACCOUNT)
    assert storage["allowSharedKeyAccess"] is False
    assert storage["allowBlobPublicAccess"] is False
    assert storage["isLocalUserEnabled"] is False
    assert one.only("Microsoft.Insights/components")["DisableLocalAuth"] is True
    workspace = one.only("Microsoft.OperationalInsights/workspaces")
    assert workspace["features"]["disableLocalAuth"] is True
    assert one.only("Microsoft.KeyVault/vaults")["enableRbacAuthorization"] is True


@all_set_ups
def test_nobody_publishes_by_password(one: Snapshot) -> None:
    doors = one.made("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert [door["name"].rpartition("/")[2] for door in doors] == ["scm", "ftp"]
    # Azure has refused them without a location, of which the published types know nothing.
    assert all(door["location"] == "westeurope" for door in doors)
    assert [door["properties"] for door in doors] == [{"allow": False}] * 2


def test_nothing_is_written_to_the_app_while_something_else_is(template: dict[str, Any]) -> None:
    """App Service refuses one of two writes to a site's configuration at the same time."""
    app = template["resources"]["functionApp"]["properties"]["template"]["resources"]
    after = {name: one.get("dependsOn") for name, one in app.items() if "/sites/" in one["type"]}
    assert after == {
        "settings": ["app"],
        "scmByPassword": ["app", "settings"],
        "ftpByPassword": ["app", "scmByPassword"],
        "operatorSignIn": ["app", "ftpByPassword"],
    }


@all_set_ups
def test_everything_asks_for_tls_1_2(one: Snapshot) -> None:
    assert one.only("Microsoft.ServiceBus/namespaces")["minimumTlsVersion"] == "1.2"
    storage = one.only(ACCOUNT)
    assert storage["minimumTlsVersion"] == "TLS1_2"
    assert storage["supportsHttpsTrafficOnly"] is True
    app = one.only("Microsoft.Web/sites")
    assert app["httpsOnly"] is True
    assert {app["siteConfig"][name] for name in ("minTlsVersion", "scmMinTlsVersion")} == {"1.2"}


@all_set_ups
def test_no_set_up_reads_or_writes_a_secret(one: Snapshot) -> None:
    whole = json.dumps(one.resources)
    assert not re.search(r"\blist(Keys|Secrets|\w*Sas)\(|AccountKey|SharedAccessKey", whole)
    assert not one.made("Microsoft.KeyVault/vaults/secrets")


def sign_in(name: str) -> dict[str, Any]:
    return SNAPSHOTS[name].only("Microsoft.Web/sites/config", "/authsettingsV2")


def test_sign_in_is_switched_off_where_there_is_none_and_not_left_out() -> None:
    """A deployment takes nothing away that an earlier one has made."""
    assert sign_in("nested") == {"platform": {"enabled": False}}
    assert sign_in("entra-sign-in")["platform"] == {"enabled": True, "runtimeVersion": "~1"}


def test_operators_sign_in_before_anything_of_theirs_is_reached() -> None:
    checked = sign_in("entra-sign-in")["globalValidation"]
    assert checked["requireAuthentication"] is True
    assert checked["unauthenticatedClientAction"] == "Return401"
    paths = set(describe_api()["paths"])
    patterns = [re.escape(path).replace(r"\*", ".*") for path in checked["excludedPaths"]]
    outside = {path for path in paths if any(re.fullmatch(one, f"/api{path}") for one in patterns)}
    assert outside == paths & {"/health", "/onboarding-events", "/hr/{source}", "/hooks/{source}"}
    assert len(paths - outside) > 15


def test_the_app_checks_tokens_for_the_same_application_as_app_service() -> None:
    """So that nothing hangs on which paths App Service takes for excluded."""
    registered = sign_in("entra-sign-in")["identityProviders"]["azureActiveDirectory"]
    told = SNAPSHOTS["entra-sign-in"].settings
    assert told["SSPR_OPERATOR_AUTH"] == "entra"
    assert told["SSPR_OPERATOR_AUDIENCE"] == registered["registration"]["clientId"]
    assert told["SSPR_ENTRA_TENANT_ID"]
    assert "SSPR_OPERATOR_AUDIENCE" not in SNAPSHOTS["nested"].settings


def test_a_door_is_left_open_to_what_brings_its_own_authentication() -> None:
    checked = sign_in("entra-sign-in")["globalValidation"]
    assert checked["excludedPaths"] == [
        # One word; what else the app knows of its health is below, and behind the door.
        "/api/health",
        "/api/onboarding-events",
        "/api/hr/*",
        "/api/hooks/*",
    ]
