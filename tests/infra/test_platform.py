"""What Azure's services are known to trip over, and what each set-up says to them."""

import json
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

import pytest
from croniter import croniter

from tests.support.infra.compiler import INFRA
from tests.support.infra.snapshots import SNAPSHOTS, Snapshot
from tests.support.registered_app import ENVIRONMENT, load
from tests.support.repository import ROOT

USELESS_ON_FLEX = {
    "ftpsState",
    "linuxFxVersion",
    "alwaysOn",
    "use32BitWorkerProcess",
    "preWarmedInstanceCount",
    "functionAppScaleLimit",
    "netFrameworkVersion",
}
REFUSED_ON_FLEX = {"FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION"}
MINUTES_A_DAY = 24 * 60
all_set_ups = pytest.mark.parametrize("one", SNAPSHOTS.values(), ids=SNAPSHOTS)


def scaling(name: str) -> dict[str, Any]:
    site = SNAPSHOTS[name].only("Microsoft.Web/sites")
    found: dict[str, Any] = site["functionAppConfig"]["scaleAndConcurrency"]
    return found


@all_set_ups
def test_the_app_is_told_nothing_that_flex_consumption_has_no_use_for(one: Snapshot) -> None:
    """Some regions refuse the app for it: issue 360 of terraform-azurerm-avm-res-web-site."""
    assert one.only("Microsoft.Web/sites")["siteConfig"].keys() & USELESS_ON_FLEX == set()
    assert one.settings.keys() & REFUSED_ON_FLEX == set()


def test_instances_that_wait_are_paid_for_only_where_asked_for_and_for_every_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert scaling("nested")["alwaysReady"] == []
    taking = [
        one.get_function_name()
        for one in load(monkeypatch, ENVIRONMENT).get_functions()
        if "serviceBusTrigger" in str(one)
    ]
    ready = {one["name"]: one["instanceCount"] for one in scaling("everything")["alwaysReady"]}
    assert ready == {"http": 1, **{f"function:{name}": 1 for name in taking}}


def test_instances_have_an_end_that_every_region_takes() -> None:
    """Fewer than forty have been refused by some. Source: issue 10523 of azure-functions-host."""
    assert scaling("nested")["maximumInstanceCount"] == 40


def test_a_vault_that_was_deleted_can_be_brought_back() -> None:
    usual = SNAPSHOTS["nested"].only("Microsoft.KeyVault/vaults")
    assert (usual["createMode"], usual["enablePurgeProtection"]) == ("default", True)
    assert usual["softDeleteRetentionInDays"] == 7
    other = SNAPSHOTS["everything"].only("Microsoft.KeyVault/vaults")
    assert other["createMode"] == "recover"
    # Absent, not false: Azure refuses false.
    assert "enablePurgeProtection" not in other or other["enablePurgeProtection"] is None


@all_set_ups
def test_whoever_writes_to_the_ledger_or_to_the_apps_code_stands_in_a_log(one: Snapshot) -> None:
    kept: dict[str, set[str]] = {}
    for change in one.made("Microsoft.Insights/diagnosticSettings"):
        account, _, service = (
            change["id"]
            .partition("/providers/Microsoft.Insights/")[0]
            .rpartition("/storageAccounts/")
        )
        if account:
            logs = change["properties"]["logs"]
            kept[service.partition("/")[2]] = {log["category"] for log in logs if log["enabled"]}
    writes = {"StorageWrite", "StorageDelete"}
    assert kept == {"tableServices/default": writes, "blobServices/default": writes}


@all_set_ups
def test_logs_have_an_end_to_what_they_cost(one: Snapshot) -> None:
    workspace = one.only("Microsoft.OperationalInsights/workspaces")
    assert workspace["workspaceCapping"]["dailyQuotaGb"] == (5 if one.name == "everything" else 1)


def test_regions_without_zones_are_written_as_the_template_compares_them() -> None:
    regions = json.loads((INFRA / "regions.json").read_text())["withoutZones"]
    assert regions == sorted({region.lower().replace(" ", "") for region in regions})


_DAYS = 730 / 24


def test_what_the_documentation_says_of_executions_follows_from_the_schedules() -> None:
    """In a month of 730 hours, with nobody to enrol: the timers, and each report of the worker."""
    names = [name for name in SNAPSHOTS["nested"].settings if name.endswith("_SCHEDULE")]
    a_day = sum(map(runs_a_day, (SNAPSHOTS["nested"].settings[name] for name in names)))
    alone, with_worker = (round(_DAYS * runs) for runs in (a_day, a_day + MINUTES_A_DAY))
    page = (ROOT / "docs/costs.md").read_text()
    assert f"| **{alone:,}** | at least 1 second of 2 GB each: {2 * alone:,} GB-s |" in page
    assert f"| **{with_worker:,}** | {2 * with_worker:,} GB-s |" in page


def runs_a_day(schedule: str) -> int:
    begin = datetime(2026, 11, 28, tzinfo=UTC)
    last = begin + timedelta(days=1)
    # The second comes first, as the Functions host has it.
    fires = croniter(schedule, begin - timedelta(seconds=1), second_at_beginning=True)
    return sum(1 for _ in takewhile(lambda at: at < last, fires.all_next(datetime)))
