"""The scripts for Windows, by Pester, in PowerShell; and their files that are not PowerShell."""

import ast
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hybrid_worker.check.connect_host import NEEDED, READS_WRITEBACK
from hybrid_worker.delta_sync.connect_host import FACTS
from hybrid_worker.delta_sync.local_powershell import SCRIPT
from hybrid_worker.delta_sync.writeback import WRITEBACK_FACTS
from hybrid_worker.settings import ProcessSettings, SyncSettings
from tests.support.infra.powershell import WINDOWS, run
from tests.support.repository import ROOT

TESTS = WINDOWS / "tests"
WORKER = ROOT / "hybrid_worker"
CAPABILITY = WINDOWS / "SsprDeltaSync" / "RoleCapabilities" / "SsprDeltaSync.psrc"
SESSION = WINDOWS / "SSPR.DeltaSync.pssc"
PARTS = {file.name for file in (WINDOWS / "parts").iterdir()}
COVERED = {
    "Grant-ScopeGroupMember.Tests.ps1": {"Grant-ScopeGroupMember.ps1"},
    "Install-SsprWorker.Tests.ps1": {
        "Install-SsprWorker.ps1",
        *(f"parts/{name}" for name in PARTS - {"Endpoint.ps1"}),
    },
    "JeaEndpoint.Tests.ps1": set[str](),
    "Language.Tests.ps1": set[str](),
    "Register-SsprJeaEndpoint.Tests.ps1": {"Register-SsprJeaEndpoint.ps1", "parts/Endpoint.ps1"},
    "Test-SsprWorker.Tests.ps1": {"Test-SsprWorker.ps1"},
}
"""Each file of Pester's tests, and the scripts of which it runs every command."""


@pytest.mark.parametrize("name", COVERED)
def test_pesters_tests_pass_and_run_every_command(name: str) -> None:
    covered = ",".join(str(WINDOWS / script) for script in sorted(COVERED[name]))
    words: list[str | Path] = ["-Path", TESTS / name, *(["-Covers", covered] if covered else [])]
    done = run(TESTS / "Invoke-Tests.ps1", *words)
    said = [line for line in done.stdout.splitlines() if not line.startswith("What if:")]
    assert done.returncode == 0, "\n".join(said[-200:]) + done.stderr[-2000:]


def test_every_script_is_covered_and_every_file_of_tests_is_run() -> None:
    scripts = {file.name for file in WINDOWS.glob("*.ps1")} | {f"parts/{name}" for name in PARTS}
    assert scripts == set[str]().union(*COVERED.values())
    assert {file.name for file in TESTS.glob("*.Tests.ps1")} == set(COVERED)


def test_a_test_that_fails_or_runs_nothing_is_noticed(tmp_path: Path) -> None:
    for number, text in enumerate(
        ("Describe 'x' { It 'y' { 1 | Should -Be 2 } }", "Describe 'x' { It 'y' -Skip { } }", "")
    ):
        file = tmp_path / f"{number}.Tests.ps1"
        file.write_text(text)
        assert run(TESTS / "Invoke-Tests.ps1", "-Path", file).returncode == 1, text


def test_a_command_that_no_test_runs_is_noticed(tmp_path: Path) -> None:
    script, tests = tmp_path / "script.ps1", tmp_path / "script.Tests.ps1"
    script.write_text("param($Given)\nif ($Given) { Get-Date }\n'well'\n")
    tests.write_text(f"Describe 'x' {{ It 'y' {{ & '{script}' | Should -Be 'well' }} }}")
    done = run(TESTS / "Invoke-Tests.ps1", "-Path", tests, "-Covers", script)
    assert (done.returncode, "script.ps1:2: Get-Date was never run" in done.stdout) == (1, True)


def called_cmdlets() -> dict[str, set[str]]:
    """Each ADSync cmdlet that the worker's code calls, with the parameters it gives."""
    found: dict[str, set[str]] = {}
    for file in WORKER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = _constant(node.args[0])
            if re.fullmatch(r"[A-Z]\w+-(ADSync|Sspr)\w+", name):
                parameters = {given.arg for given in node.keywords if given.arg}
                found[name] = found.get(name, set()) | parameters
    return found


def _constant(node: ast.expr) -> str:
    names = {
        "READS_WRITEBACK": READS_WRITEBACK,
        "FACTS": FACTS,
        "WRITEBACK_FACTS": WRITEBACK_FACTS,
    }
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def exposed_cmdlets() -> dict[str, set[str]]:
    """Each cmdlet of the role capability, with the parameters it lets through."""
    found: dict[str, set[str]] = {}
    for line in CAPABILITY.read_text().splitlines():
        if line.strip().startswith("VisibleFunctions = "):
            found |= {name: set[str]() for name in re.findall(r"'([A-Z]\w+-\w+)'", line)}
        if match := re.match(r"\s+(?:@\{ Name = )?'([A-Z]\w+-\w+)'(.*)", line):
            found[match[1]] = set(re.findall(r"Name = '(\w+)'", match[2]))
    return found


def test_the_endpoint_shows_exactly_what_the_workers_code_calls() -> None:
    assert exposed_cmdlets() == called_cmdlets()
    assert set(exposed_cmdlets()) == NEEDED | {READS_WRITEBACK, FACTS, WRITEBACK_FACTS}


def test_a_worker_on_the_host_itself_asks_of_the_writeback_what_the_endpoint_tells() -> None:
    def lines(file: Path) -> list[str]:
        text = file.read_text()
        begin, end = "# begin of the writeback's facts", "# end of the writeback's facts"
        return [line.strip() for line in text.partition(begin)[2].partition(end)[0].splitlines()]

    assert lines(SCRIPT) == lines(CAPABILITY)
    assert "Get-WinEvent" in " ".join(lines(SCRIPT))


def test_the_endpoint_has_the_name_that_the_worker_asks_for() -> None:
    name = SyncSettings.model_fields["configuration"].default
    assert SESSION.stem == name
    assert f"$Name = '{name}'" in (WINDOWS / "Register-SsprJeaEndpoint.ps1").read_text()


def test_the_service_runs_as_a_managed_account_and_has_time_to_stop() -> None:
    service = ET.parse(WINDOWS / "sspr-worker.xml").getroot()  # noqa: S314  # our own file
    assert service.find("serviceaccount/password") is None
    assert service.findtext("serviceaccount/allowservicelogon") == "true"
    stop = int((service.findtext("stoptimeout") or "").removesuffix(" sec"))
    assert stop >= 2 * ProcessSettings.model_fields["stop_within"].default
    environment = {one.get("name"): one.get("value") for one in service.findall("env")}
    assert environment["IMDS_ENDPOINT"] == "http://localhost:40342"
    assert environment["PYTHONUTF8"] == "1"
    log = service.find("log")
    assert log is not None
    assert log.get("mode") == "roll-by-size"
