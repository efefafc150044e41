"""The checks as values: what depends on what, what is judged how, and how it reads."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hybrid_worker.check.connect_host import (
    NEEDED,
    READS_WRITEBACK,
    SHOWN_BY_JEA,
    connect_host_checks,
    judge_cmdlets,
)
from hybrid_worker.check.directory import judge_other_groups
from hybrid_worker.check.group_rights import Rights, look_at
from hybrid_worker.check.installation import installation_checks
from hybrid_worker.check.outcome import (
    Check,
    CheckFailed,
    CheckOutcome,
    CheckState,
    NotApplicable,
    exit_status,
    outcomes,
)
from hybrid_worker.check.report import as_json, line, summary
from hybrid_worker.delta_sync.connect_host import FACTS, Cmdlets
from hybrid_worker.delta_sync.decisions import Carrier
from hybrid_worker.delta_sync.local_powershell import LocalPowerShell
from hybrid_worker.delta_sync.psrp import JeaSession
from hybrid_worker.settings import SyncSettings, load_settings
from shared.domain.errors import DirectoryUnavailable
from tests.support.repository import ROOT
from tests.support.worker_settings import write


def failing() -> str:
    raise CheckFailed("it is shut", "Open it.")


def absent() -> str:
    raise NotApplicable("there is none")


def states(*checks: Check) -> list[CheckState]:
    return [outcome.state for outcome in outcomes(checks)]


def test_what_fails_hides_only_what_needs_it() -> None:
    assert states(
        Check("door", failing),
        Check("room", lambda: "seen", needs="door"),
        Check("cellar", lambda: "seen", needs="room"),
        Check("garden", lambda: "seen"),
    ) == [CheckState.FAILED, CheckState.NOT_TRIED, CheckState.NOT_TRIED, CheckState.PASSED]


def test_what_needs_something_that_there_is_not_is_not_applicable_either() -> None:
    checks = [Check("host", absent), Check("cmdlets", failing, needs="host")]
    assert states(*checks) == [CheckState.NOT_APPLICABLE, CheckState.NOT_APPLICABLE]


def test_a_part_that_does_not_get_through_is_a_failure_with_its_own_words() -> None:
    def unreachable() -> str:
        raise DirectoryUnavailable("bind: no answer")

    (outcome,) = outcomes([Check("bind", unreachable)])
    assert (outcome.state, outcome.detail) == (CheckState.FAILED, "bind: no answer")


def test_an_error_that_nobody_foresaw_fails_its_check_and_hides_no_other() -> None:
    def unforeseen() -> str:
        raise KeyError("notAfter")

    outcome, after = outcomes([Check("door", unforeseen), Check("garden", lambda: "seen")])
    assert (outcome.state, outcome.detail) == (CheckState.FAILED, "KeyError: 'notAfter'")
    assert after.state is CheckState.PASSED


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        ([CheckState.PASSED, CheckState.NOT_APPLICABLE], 0),
        ([CheckState.PASSED, CheckState.FAILED], 1),
        ([CheckState.NOT_TRIED], 1),
    ],
)
def test_the_exit_status_says_whether_everything_that_applies_has_passed(
    seen: list[CheckState], status: int
) -> None:
    assert exit_status([CheckOutcome("x", state, "") for state in seen]) == status


def test_an_outcome_is_one_line_with_the_remedy_behind_the_reason() -> None:
    text = line(CheckOutcome("door", CheckState.FAILED, "it is\nshut", "Open it."))
    assert text.split() == ["failed", "door", "it", "is", "shut.", "Open", "it."]
    assert "\n" not in text


def test_what_the_terminal_cannot_show_does_not_end_the_check(tmp_path: Path) -> None:
    values = {
        "STATE_DIRECTORY": str(tmp_path / "state"),
        "SERVICE_BUS_CONNECTION_STRING": "Endpoint=sb://localhost:1;UseDevelopmentEmulator=true;"
        "SharedAccessKeyName=x;SharedAccessKey=eA==",
        "SERVICE_BUS_TRANSPORT": "amqp",
        "DIRECTORY_SERVER": "dc1-кириллица.invalid",
        "DIRECTORY_DOMAIN": "corp.contoso.com",
        "DIRECTORY_SCOPE_GROUP": "SSPR-Enabled-Users",
        "SYNC_MODE": "none",
    }
    done = subprocess.run(
        [sys.executable, "-m", "hybrid_worker", "check", "--settings", write(tmp_path, values)],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        text=True,
        encoding="cp1252",
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "dc1-?????????.invalid" in done.stdout


def test_json_holds_what_the_lines_hold() -> None:
    seen = [
        CheckOutcome("door", CheckState.FAILED, "shut", "Open it."),
        CheckOutcome("roof", CheckState.PASSED, "ok"),
    ]
    assert json.loads(as_json(seen))["checks"][0] == {
        "name": "door",
        "state": "failed",
        "detail": "shut",
        "remedy": "Open it.",
    }
    assert summary(seen) == "1 failed, 1 passed"


def test_a_right_on_the_descriptor_counts_as_a_right_on_the_members() -> None:
    rights = Rights.of({"sDRightsEffective": [b"4"]})
    assert rights.writes_members
    assert rights.beyond_members == ["its permissions"]


def test_the_search_for_other_groups_leaves_the_scope_group_out_and_stops_at_its_bound() -> None:
    def group(number: int, *attributes: bytes) -> dict[str, list[bytes]]:
        return {
            "objectGUID": [b"%d" % number],
            "sAMAccountName": [b"group-%d" % number],
            "allowedAttributesEffective": list(attributes),
            "sDRightsEffective": [b"0"],
        }

    groups = [group(0, b"member"), group(1, b"info"), group(2, b"Member"), group(3, b"member")]
    everything = look_at(groups, b"0")
    assert (everything.looked_at, everything.more) == (3, False)
    assert everything.writable == ["group-2", "group-3"]
    bounded = look_at(groups, b"0", most=2)
    assert (bounded.looked_at, bounded.more, bounded.writable) == (2, True, ["group-2"])


def test_groups_of_which_ad_says_nothing_are_not_taken_for_groups_without_a_right() -> None:
    told = {"objectGUID": [b"1"], "sDRightsEffective": [b"0"]}
    found = look_at([told, {"objectGUID": [b"2"]}, {"objectGUID": [b"3"]}], b"0")
    assert (found.looked_at, found.silent, found.writable) == (3, 2, [])
    assert judge_other_groups(found).endswith("none of 3 other groups; of 2 AD does not say")
    with pytest.raises(CheckFailed, match="AD says of no other group"):
        judge_other_groups(look_at([{"objectGUID": [b"2"]}], b"0"))


def test_an_endpoint_with_the_needed_cmdlets_and_those_of_every_session_is_right() -> None:
    names = [*NEEDED, READS_WRITEBACK, *SHOWN_BY_JEA]
    assert "no more" in judge_cmdlets([name.upper() for name in names])


def test_an_endpoint_that_shows_too_much_or_too_little_is_named_what() -> None:
    with pytest.raises(CheckFailed, match="also shows Invoke-Expression, Set-ADSyncScheduler"):
        judge_cmdlets([*NEEDED, "Set-ADSyncScheduler", "Invoke-Expression"])
    with pytest.raises(CheckFailed, match="does not show Start-ADSyncSyncCycle"):
        judge_cmdlets(NEEDED - {"Start-ADSyncSyncCycle"})


def connect_host_outcome(settings: SyncSettings, cmdlets: Cmdlets) -> CheckOutcome:
    return connect_host_outcomes(settings, cmdlets)["connect-host"]


def connect_host_outcomes(settings: SyncSettings, cmdlets: Cmdlets) -> dict[str, CheckOutcome]:
    carrier = Carrier("corp.contoso.com", settings.connector)
    writes_to = ["dc1.corp.contoso.com", "dc2.corp.contoso.com"]
    checks = connect_host_checks(settings, cmdlets, carrier, writes_to)
    return {outcome.name: outcome for outcome in outcomes(checks)}


class Told:
    """A session on a host that says what a test wants."""

    def __init__(self, **facts: str) -> None:
        self.facts = [
            {"Name": name, "Scope": "DC=corp,DC=contoso,DC=com", "Value": value}
            for name, value in facts.items()
        ]
        self.connectors = ["contoso.com", "fabrikam.com", "contoso - AAD"]

    def __call__(self, cmdlet: str, **_: Any) -> Sequence[Mapping[str, Any]]:
        answers: Mapping[str, Sequence[Mapping[str, Any]]] = {
            "Get-ADSyncScheduler": [
                {
                    "StagingModeEnabled": False,
                    "SchedulerSuspended": False,
                    "SyncCycleInProgress": False,
                    "SyncCycleEnabled": False,
                }
            ],
            "Get-ADSyncRunProfileResult": [
                {"RunHistoryId": name, "ConnectorName": name} for name in self.connectors
            ],
            "Get-Command": [{"Name": name} for name in [*NEEDED, FACTS]],
            FACTS: self.facts,
        }
        return answers[cmdlet]

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("2.5.78.0", CheckState.FAILED),
        ("2.5.79.0", CheckState.PASSED),
        ("2.10.1.0", CheckState.PASSED),
        ("1.6.16.0", CheckState.FAILED),
        ("unknown", CheckState.NOT_APPLICABLE),
    ],
)
def test_a_version_that_synchronizes_nothing_any_more_is_refused(
    version: str, state: CheckState
) -> None:
    host = Told(Version=version)
    outcome = connect_host_outcomes(SyncSettings(host="connect"), host)["connect-host-version"]
    assert outcome.state is state
    if state is CheckState.FAILED:
        assert "30 September 2026" in outcome.detail


def test_a_scheduler_that_is_off_is_told_with_who_switches_it_on() -> None:
    outcome = connect_host_outcomes(SyncSettings(host="connect"), Told())["connect-host-scheduler"]
    assert outcome.state is CheckState.FAILED
    assert "Set-ADSyncScheduler -SyncCycleEnabled $true" in outcome.remedy


@pytest.mark.parametrize(
    ("named", "controller", "state", "detail"),
    [
        (None, "DC1.corp.contoso.com", CheckState.PASSED, "contoso.com reads the group, from DC1"),
        (None, "dc2.corp.contoso.com.", CheckState.PASSED, "reads the group, from dc2"),
        (None, "dc3.corp.contoso.com", CheckState.PASSED, "writes to dc1.corp.contoso.com or dc2"),
        ("Forest", "dc1.corp.contoso.com", CheckState.FAILED, "contoso.com, fabrikam.com"),
        ("fabrikam.com", "dc1.corp.contoso.com", CheckState.PASSED, "fabrikam.com reads the group"),
    ],
)
def test_it_is_told_which_connector_reads_the_group_and_from_where(
    named: str | None, controller: str, state: CheckState, detail: str
) -> None:
    settings = SyncSettings(host="connect", connector=named)
    host = Told(LastDomainController=controller)
    outcome = connect_host_outcomes(settings, host)["connect-host-connector"]
    assert (outcome.state, detail in outcome.detail) == (state, True)


def test_a_powershell_that_fails_on_the_host_itself_is_not_told_of_an_endpoint(
    tmp_path: Path,
) -> None:
    refused = '{"error": "Access is denied.", "objects": []}'
    file = tmp_path / "powershell"
    file.write_text(f"#!/bin/sh\necho '{refused}'\n")
    file.chmod(0o755)
    settings = SyncSettings(mode="subprocess", powershell=file)
    outcome = connect_host_outcome(settings, LocalPowerShell(settings))
    assert outcome.state is CheckState.FAILED
    assert "Access is denied" in outcome.detail
    assert "ADSyncOperators" in outcome.remedy
    assert "endpoint" not in outcome.remedy


def test_an_endpoint_that_is_out_of_reach_is_told_what_it_takes_to_get_there() -> None:
    by_password = SyncSettings(host="localhost", port=1, user="svc", password=SecretStr("x"))
    for settings in (SyncSettings(host="localhost", port=1), by_password):
        outcome = connect_host_outcome(settings, JeaSession(settings))
        assert outcome.state is CheckState.FAILED
        assert "WinRM over HTTPS" in outcome.remedy


def test_a_state_folder_or_a_secret_that_others_may_read_is_named_with_its_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("SSPR_WORKER_"):
            monkeypatch.delenv(name)
    secret, state = tmp_path / "secret", tmp_path / "state"
    secret.write_text("x")
    secret.chmod(0o640)
    values = {
        "STATE_DIRECTORY": str(state),
        "SERVICE_BUS_NAMESPACE": "contoso.servicebus.windows.net",
        "DIRECTORY_SERVER": "dc1.corp.contoso.com",
        "DIRECTORY_DOMAIN": "corp.contoso.com",
        "DIRECTORY_SCOPE_GROUP": "SSPR-Enabled-Users",
        "DIRECTORY_BIND": "simple",
        "DIRECTORY_USER": "svc",
        "DIRECTORY_PASSWORD_FILE": str(secret),
        "SYNC_MODE": "none",
    }
    checks = installation_checks(load_settings(write(tmp_path, values)))
    folder, _, files = outcomes(checks)
    assert (folder.state, files.state) == (CheckState.PASSED, CheckState.FAILED)
    assert files.detail == f"{secret} is open to others (mode 0640)"
    state.chmod(0o755)
    secret.chmod(0o600)
    folder, _, files = outcomes(checks)
    assert (folder.state, files.state) == (CheckState.FAILED, CheckState.PASSED)
    assert "0755" in folder.detail
