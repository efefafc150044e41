"""The files for Windows, which nothing here can run: their syntax, and what they may do."""

import ast
import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hybrid_worker.check.connect_host import NEEDED, READS_WRITEBACK
from hybrid_worker.settings import PREFIX, ProcessSettings, SyncSettings, load_settings
from tests.unit.powershell import broken, calls, commands, parsed, stands_behind_should_process
from tests.unit.test_worker_settings import PROJECT

WINDOWS = PROJECT / "infra" / "worker" / "windows"
WORKER = PROJECT / "hybrid_worker"
CAPABILITY = WINDOWS / "SsprDeltaSync" / "RoleCapabilities" / "SsprDeltaSync.psrc"
SESSION = WINDOWS / "SSPR.DeltaSync.pssc"
FILES = sorted(
    file
    for folder in (WINDOWS, WORKER)
    for file in folder.rglob("*.ps*")
    if file.suffix in {".ps1", ".psd1", ".psm1", ".psrc", ".pssc"}
)
INSTALLERS = sorted(WINDOWS.glob("*.ps1"))

LOOKS = re.compile(
    r"(Get|Test|Join|Where|Select|Write|Out|ConvertTo|Import)-\w+|"
    r"New-(Object|TimeSpan|ScheduledTask(Action|Trigger|Principal|SettingsSet))|"
    r"Set-StrictMode|Start-Sleep"
)
"""What changes nothing outside the process."""
KNOWS_WHAT_IF = {
    *("New-Item", "Copy-Item", "Remove-Item", "Set-Content"),
    *("Stop-Service", "Stop-Process", "Add-LocalGroupMember"),
    *("Register-PSSessionConfiguration", "Unregister-PSSessionConfiguration"),
}
"""What supports ShouldProcess by itself, as its page in the PowerShell reference says."""
HARMLESS_CALLS = {
    *("ShouldProcess", "Replace", "Split", "TrimEnd", "AddSeconds"),
    *("Translate", "GetAccessRules"),
}


def names(files: list[Path]) -> list[str]:
    return [file.name for file in files]


def test_the_files_that_are_meant_are_found() -> None:
    assert {"Install-SsprWorker.ps1", "Invoke-DeltaSync.ps1", "SSPR.DeltaSync.pssc"} <= {
        file.name for file in FILES
    }
    assert len(INSTALLERS) == 4


@pytest.mark.parametrize("file", FILES, ids=names(FILES))
def test_every_powershell_file_parses_and_is_plain_ascii(file: Path) -> None:
    assert broken(parsed(file)) == []
    content = file.read_bytes()
    assert content.isascii()
    assert b"\t" not in content


@pytest.mark.parametrize("file", FILES, ids=names(FILES))
def test_no_powershell_file_runs_text_compiles_code_fetches_or_holds_a_secret(file: Path) -> None:
    root = parsed(file)
    forbidden = re.compile(
        r"Invoke-(Expression|WebRequest|RestMethod|Command)|iex|iwr|irm|curl|wget|Add-Type|"
        r"Start-BitsTransfer|ConvertTo-SecureString|Start-Process|Get-Credential|powershell.*",
        re.IGNORECASE,
    )
    assert [name for name, _ in commands(root) if forbidden.fullmatch(name)] == []
    text = file.read_text()
    assert not re.search(r"https?://|DownloadString|DownloadFile|WebClient", text)
    assert not re.search(r"(?i)(password|secret|pwd)\s*=", text)


@pytest.mark.parametrize("file", INSTALLERS, ids=names(INSTALLERS))
def test_everything_that_changes_something_can_be_tried_with_what_if(file: Path) -> None:
    root = parsed(file)
    unguarded = [
        name
        for name, node in commands(root)
        if not LOOKS.fullmatch(name)
        and name not in KNOWS_WHAT_IF
        and not stands_behind_should_process(node)
    ]
    unguarded += [
        name
        for name, node in calls(root)
        if name not in HARMLESS_CALLS and not stands_behind_should_process(node)
    ]
    assert unguarded == []


@pytest.mark.parametrize("file", INSTALLERS, ids=names(INSTALLERS))
def test_every_script_stops_at_the_first_error_and_looks_at_every_exit_status(file: Path) -> None:
    text = file.read_text()
    assert "[CmdletBinding(SupportsShouldProcess = $true)]" in text
    assert "$ErrorActionPreference = 'Stop'" in text
    assert "Set-StrictMode -Version 2.0" in text
    assert text.startswith("#Requires -Version 5.1\n")
    started = len(re.findall(r"^\s*& ", text, re.MULTILINE))
    assert text.count("if ($LASTEXITCODE -ne 0)") == started


def test_a_check_that_did_not_run_is_told_from_one_that_passed() -> None:
    """By reading: an old report goes first, and only a status of the check's own is passed on.

    `exit` of Windows PowerShell turns what is no Int32 into 0, and a task that could not log on
    has such a result (0x80070569).
    """
    text = (WINDOWS / "Test-SsprWorker.ps1").read_text()
    assert text.index("Remove-Item -LiteralPath $report") < text.index("Start-ScheduledTask -")
    assert text.index("@(0, 1, 2) -notcontains $result") < text.index("exit $result")
    assert "-eq $hasNotRun" in text


def test_the_other_kind_of_service_or_another_account_is_refused_before_anything_changes() -> None:
    """By reading: with both kinds two workers would start, and a re-run changes no account."""
    text = (WINDOWS / "Install-SsprWorker.ps1").read_text()
    before = text[: text.index("# 2. ")]
    for condition in (
        "if ($task -and ($ServiceKind -eq 'WinSW')) {",
        "if ($service -and ($ServiceKind -eq 'TaskScheduler')) {",
        "if ($runsAs -ne $Account) {",
    ):
        assert before.partition(condition)[2].lstrip().startswith("throw ")


def test_a_worker_that_a_task_has_started_does_not_outlive_an_update() -> None:
    """By reading: Task Scheduler ends the process it started, cmd.exe, and none below it.

    Source: syncthing/docs pull request 582, seen with a monitor and its child.
    """
    text = (WINDOWS / "Install-SsprWorker.ps1").read_text()
    ended = text.index("Where-Object { $_.Path -eq $venvPython } | Stop-Process -Force")
    assert text.index("Disable-ScheduledTask") < text.index("Stop-ScheduledTask -Task") < ended
    assert ended < text.index("Remove-Item -LiteralPath $target")


def test_a_worker_that_ended_with_an_error_is_started_again_by_its_task() -> None:
    """By reading: restarts alone did not bring a task back that ended with an exit status.

    Source: duolahypercho/codex-router issue 581.
    """
    text = (WINDOWS / "Install-SsprWorker.ps1").read_text()
    task = text[text.index("New-ScheduledTaskTrigger -AtStartup") :]
    assert task.index("$trigger.Repetition = $often.Repetition") < task.index("-Trigger $trigger")
    assert "-MultipleInstances 'IgnoreNew'" in task


def test_an_endpoint_that_could_not_be_replaced_is_not_taken_for_the_right_one_later() -> None:
    """By reading: the file that later runs compare is written after the old endpoint is gone."""
    text = (WINDOWS / "Register-SsprJeaEndpoint.ps1").read_text()
    removed, written = (
        text.index(f"{name} -") for name in ("Unregister-PSSessionConfiguration", "Set-Content")
    )
    assert removed < written


@pytest.mark.parametrize(
    ("script", "folder"),
    [
        ("Install-SsprWorker.ps1", "$StateFolder"),
        ("Register-SsprJeaEndpoint.ps1", "$TranscriptFolder"),
    ],
)
def test_whoever_made_a_folder_in_program_data_does_not_own_it_after_that(
    script: str, folder: str
) -> None:
    """Its owner may change its permissions, whatever they are."""
    text = (WINDOWS / script).read_text()
    owned = text.index(f"& icacls.exe {folder} /setowner '*S-1-5-32-544'")
    assert owned < text.index(f"& icacls.exe {folder} /inheritance:r")


def called_cmdlets() -> dict[str, set[str]]:
    """Each ADSync cmdlet that the worker's code calls, with the parameters it gives."""
    found: dict[str, set[str]] = {}
    for file in WORKER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = _constant(node.args[0])
            if re.fullmatch(r"[A-Z]\w+-ADSync\w+", name):
                parameters = {one.arg for one in node.keywords if one.arg}
                found[name] = found.get(name, set()) | parameters
    return found


def _constant(node: ast.expr) -> str:
    if isinstance(node, ast.Name) and node.id == "READS_WRITEBACK":
        return READS_WRITEBACK
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def exposed_cmdlets() -> dict[str, set[str]]:
    """Each cmdlet of the role capability, with the parameters it lets through."""
    found = {}
    for line in CAPABILITY.read_text().splitlines():
        if match := re.match(r"\s+(?:@\{ Name = )?'([A-Z]\w+-\w+)'(.*)", line):
            found[match[1]] = set(re.findall(r"Name = '(\w+)'", match[2]))
    return found


def test_the_endpoint_shows_exactly_what_the_workers_code_calls() -> None:
    assert exposed_cmdlets() == called_cmdlets()
    assert set(exposed_cmdlets()) == NEEDED | {READS_WRITEBACK}


def test_the_endpoint_starts_delta_cycles_only() -> None:
    (line,) = [line for line in CAPABILITY.read_text().splitlines() if "Start-" in line]
    assert "@{ Name = 'PolicyType'; ValidateSet = 'Delta' }" in line
    text = CAPABILITY.read_text()
    visible = set(re.findall(r"^    (\w+) = ", text, re.MULTILINE))
    assert visible == {"GUID", "Description", "VisibleCmdlets", "ModulesToImport"}


def test_the_session_has_no_language_no_administrator_and_one_account() -> None:
    text = SESSION.read_text()
    for line in (
        "SessionType = 'RestrictedRemoteServer'",
        "LanguageMode = 'NoLanguage'",
        "RunAsVirtualAccount = $true",
        "RunAsVirtualAccountGroups = 'ADSyncOperators'",
        "TranscriptDirectory = '__TRANSCRIPTS__'",
    ):
        assert f"    {line}\n" in text
    roles = text[text.index("RoleDefinitions") :]
    assert re.findall(r"'([^']+)' = @\{ (\w+) = '(\w+)' \}", roles) == [
        ("__ACCOUNT__", "RoleCapabilities", CAPABILITY.stem)
    ]


def test_the_endpoint_has_the_name_that_the_worker_asks_for() -> None:
    name = SyncSettings.model_fields["configuration"].default
    assert SESSION.stem == name
    assert f"$Name = '{name}'" in (WINDOWS / "Register-SsprJeaEndpoint.ps1").read_text()


def test_what_the_installer_writes_is_read_back_by_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    authority = tmp_path / "connect ca.pem"
    authority.touch()
    given = {
        "StateFolder": str(tmp_path / "state of it"),
        "ServiceBusNamespace": "contoso.servicebus.windows.net",
        "DirectoryServer": "dc1.corp.contoso.com",
        "DirectoryDomain": "corp.contoso.com",
        "ScopeGroup": "CN=SSPR, Enabled #1,OU=Groups,DC=corp",
        "ConnectHost": "connect.corp.contoso.com",
        "ConnectAuthority": str(authority),
        "ProxyHost": "proxy",
        "ProxyPort": "8080",
    }
    script = (WINDOWS / "Install-SsprWorker.ps1").read_text()
    lines = re.findall(rf'"({PREFIX}\w+=[^"]*)"', script)
    filled = [re.sub(r"\$(\w+)", lambda match: given[match[1]], line) for line in lines]
    assert len(filled) == len(given)
    file = tmp_path / "worker.env"
    file.write_text("\n".join(filled))
    settings = load_settings(file)
    assert settings.directory.scope_group == given["ScopeGroup"]
    assert settings.sync.ca_file == authority
    assert settings.service_bus.proxy_port == 8080


def test_the_service_runs_as_a_managed_account_and_has_time_to_stop() -> None:
    service = ET.parse(WINDOWS / "sspr-worker.xml").getroot()  # noqa: S314  # our own file
    assert service.findtext("arguments") == "-m hybrid_worker"
    assert service.find("serviceaccount/password") is None
    assert service.findtext("serviceaccount/allowservicelogon") == "true"
    stop = int((service.findtext("stoptimeout") or "").removesuffix(" sec"))
    assert stop >= 2 * ProcessSettings.model_fields["stop_within"].default
    environment = {one.get("name"): one.get("value") for one in service.findall("env")}
    assert environment["IMDS_ENDPOINT"] == "http://localhost:40342"
    log = service.find("log")
    assert log is not None
    assert log.get("mode") == "roll-by-size"
    filled = set(re.findall(r"__[A-Z]+__", (WINDOWS / "sspr-worker.xml").read_text()))
    installer = (WINDOWS / "Install-SsprWorker.ps1").read_text()
    assert {name for name in filled if f"'{name}'" not in installer} == set()
