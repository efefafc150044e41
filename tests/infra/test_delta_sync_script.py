"""Invoke-DeltaSync.ps1 in PowerShell, with stand-ins for ADSync's cmdlets, read by the worker."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from hybrid_worker.delta_sync.connect_host import CmdletHost, ConnectFacts
from hybrid_worker.delta_sync.decisions import Run, Scheduler
from hybrid_worker.delta_sync.local_powershell import SCRIPT, LocalPowerShell
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused
from hybrid_worker.settings import SyncSettings
from tests.support.infra.powershell import pwsh

CONNECTORS = [
    "Zürich",
    "Zörich",
    "corp.contoso.com",
    "quoted \"it\" and 'it' \\ <&> / \t",
    "two\r\nlines",
    "🔑 東京 Łódź",
    "line\u2028and\u2029paragraph\u0085next\u007f",
    "\u0000\ufeff",
]
OF_ADSYNC = "Microsoft.IdentityManagement.PowerShell.Cmdlet.StartADSyncSyncCycle"
MODULE = """
$VerbosePreference = 'Continue'
Write-Warning ([string] [char] 0xfc)
$file = Join-Path $PSScriptRoot 'names.json'
$names = Get-Content -LiteralPath $file -Raw -Encoding UTF8 | ConvertFrom-Json
function Get-ADSyncScheduler {
    [pscustomobject] @{
        StagingModeEnabled = $false
        SchedulerSuspended = $true
        SyncCycleInProgress = $false
        SyncCycleEnabled = $false
        CurrentlyEffectiveSyncCycleInterval = [timespan] '1:30'
    }
}
function Get-ADSyncRunProfileResult {
    param([int] $NumberRequested)
    foreach ($name in $names) {
        [pscustomobject] @{
            RunHistoryId = [guid]::Empty
            ConnectorName = $name
            RunProfileName = 'Export'
            Result = 'success'
            Number = $NumberRequested
        }
    }
}
function Get-ADSyncGlobalSettings {
    $version = @{ Name = 'Microsoft.Synchronize.ServerConfigurationVersion'; Value = '2.5.190.0' }
    [pscustomobject] @{ Parameters = @($version, @{ Name = 'other'; Value = 'x' }) }
}
function Get-ADSyncConnector {
    $dc = @{ Name = 'last-dc'; Value = 'dc1.corp.contoso.com' }
    $partition = @{ Name = 'DC=corp,DC=contoso,DC=com'; Parameters = @(@{ Name = 'x' }, $dc) }
    [pscustomobject] @{ Name = 'contoso.com'; Partitions = @($partition) }
    [pscustomobject] @{ Name = 'contoso - AAD'; Partitions = @(@{ Parameters = @() }) }
}
function Get-ADSyncAADPasswordResetConfiguration {
    param([string] $Connector)
    [pscustomobject] @{ Enabled = $Connector -eq 'contoso - AAD' }
}
function Get-Service {
    param([string] $Name)
    [pscustomobject] @{ Status = "$Name runs" }
}
function Get-WinEvent {
    param([hashtable] $FilterHashtable, [long] $MaxEvents)
    foreach ($id in 31003, 31019, 31003) {
        [pscustomobject] @{ Id = $id; TimeCreated = [datetime]::UtcNow; Message = 'of ada' }
    }
}
function Start-ADSyncSyncCycle {
    param([string] $PolicyType)
    SAYS
}
"""


def module(folder: Path, names: list[str], says: str) -> Path:
    """A stand-in for ADSync; `says` is what starting a cycle does."""
    file = folder / "ADSync.psm1"
    file.write_text(MODULE.replace("SAYS", says))
    (folder / "names.json").write_text(json.dumps(names))
    return file


def host(
    folder: Path, names: list[str], says: str = "[pscustomobject] @{ Result = 'Success' }"
) -> CmdletHost:
    settings = SyncSettings(
        mode="subprocess",
        powershell=pwsh(),
        module=str(module(folder, names, says)),
    )
    return CmdletHost(LocalPowerShell(settings))


def test_every_connector_keeps_its_name(tmp_path: Path) -> None:
    runs = host(tmp_path, CONNECTORS).runs()
    empty = "00000000-0000-0000-0000-000000000000"
    assert runs == [Run(empty, name, "Export", "success") for name in CONNECTORS]


def test_the_line_is_ascii_which_every_code_page_leaves_as_it_is(tmp_path: Path) -> None:
    file = module(tmp_path, CONNECTORS, "")
    words: list[str | Path] = ["-Cmdlet", "Get-ADSyncRunProfileResult", "-Module", file]
    done = subprocess.run(
        [pwsh(), "-NoProfile", "-File", SCRIPT, *words], capture_output=True, check=False
    )
    line = done.stdout.splitlines()[-1]
    assert line.startswith(b'{"')
    assert all(0x20 <= byte <= 0x7E for byte in line)


def test_half_a_character_does_not_cost_the_others(tmp_path: Path) -> None:
    text = '"$([char] 0xd83d) is busy: Z$([char] 0xfc)rich $([char] 0xd83d)$([char] 0xdd11)"'
    says = f"Write-Error {text} -ErrorId '{OF_ADSYNC}'"
    with pytest.raises(SyncRefused) as refused:
        host(tmp_path, [], says).start()
    assert refused.value.problem is SyncProblem.CONNECTOR_BUSY
    assert refused.value.detail.endswith("\ufffd is busy: Zürich 🔑")


def test_the_other_questions_are_asked_and_answered(tmp_path: Path) -> None:
    asked = host(
        tmp_path, [], "[pscustomobject] @{ Result = $PolicyType -replace 'Delta', 'Success' }"
    )
    suspended = Scheduler(suspended=True, enabled=False, interval=timedelta(minutes=90))
    assert asked.scheduler() == suspended
    controllers = {"corp.contoso.com": "dc1.corp.contoso.com"}
    assert asked.facts() == ConnectFacts((2, 5, 190, 0), controllers)
    asked.start()


def test_a_host_without_a_history_has_none(tmp_path: Path) -> None:
    assert host(tmp_path, []).runs() == []


def test_an_error_that_does_not_end_the_cmdlet_is_one(tmp_path: Path) -> None:
    text = "Sync is already running. Cannot start a new run till this one completes."
    with pytest.raises(SyncRefused) as refused:
        host(tmp_path, [], f"Write-Error '{text}' -ErrorId '{OF_ADSYNC}'; 'Success'").start()
    assert refused.value.problem is SyncProblem.BUSY


def test_a_module_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    settings = SyncSettings(mode="subprocess", powershell=pwsh(), module=str(tmp_path / "none"))
    with pytest.raises(SyncRefused) as refused:
        CmdletHost(LocalPowerShell(settings)).scheduler()
    assert "none" in refused.value.detail


def test_another_cmdlet_is_not_run(tmp_path: Path) -> None:
    settings = SyncSettings(
        mode="subprocess", powershell=pwsh(), module=str(module(tmp_path, [], ""))
    )
    with pytest.raises(SyncRefused, match="no JSON answer"):
        LocalPowerShell(settings)("Set-ADSyncScheduler")


def test_the_writeback_is_told_as_the_endpoint_tells_it(tmp_path: Path) -> None:
    told = host(tmp_path, ["contoso - AAD"]).writeback()
    assert (told.enabled, told.service, told.events_problem) == (True, "ADSync runs", None)
    assert told.events == {31003: 2, 31019: 1}
    assert told.heartbeat_at
    assert told.events_since
