"""The simple mode: cmdlets through a PowerShell process, here one that answers from a script."""

import re
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from hybrid_worker.delta_sync.connect_host import CmdletHost
from hybrid_worker.delta_sync.decisions import Run, Scheduler
from hybrid_worker.delta_sync.local_powershell import SCRIPT, LocalPowerShell
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused
from hybrid_worker.settings import SyncSettings

ANSWERS = {
    "Get-ADSyncScheduler": (
        '{"error":null,"objects":[{"StagingModeEnabled":false,"SchedulerSuspended":true,'
        '"SyncCycleInProgress":true,"SyncCycleEnabled":true,'
        '"CurrentlyEffectiveSyncCycleInterval":"PT1H"}]}'
    ),
    "Get-ADSyncRunProfileResult": (
        '{"error":null,"objects":[{"RunHistoryId":"1","ConnectorName":"AAD",'
        '"RunProfileName":"Export","Result":"success"}]}'
    ),
    "Start-ADSyncSyncCycle": '{"error":null,"objects":[{"Result":"Success"}]}',
}


def host(folder: Path, body: str, timeout: int = 60) -> CmdletHost:
    """A host whose PowerShell is a Python script; `cmdlet` and `arguments` are there to use."""
    script = folder / "powershell.exe"
    script.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        "arguments = sys.argv[1:]\n"
        "cmdlet = arguments[arguments.index('-Cmdlet') + 1]\n"
        f"{body}\n"
    )
    script.chmod(0o755)
    settings = SyncSettings(mode="subprocess", powershell=script)
    settings = settings.model_copy(update={"timeout": timeout})
    return CmdletHost(LocalPowerShell(settings))


def refusal(host: CmdletHost) -> SyncRefused:
    with pytest.raises(SyncRefused) as refused:
        host.start()
    return refused.value


def test_the_three_questions_are_asked_by_the_script_and_answered(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    record = f"open({str(asked)!r}, 'a').write(' '.join(arguments) + chr(10))"
    scripted = host(tmp_path, f"{record}\nprint('WARNING: x')\nprint({ANSWERS!r}[cmdlet])")
    hourly = timedelta(hours=1)
    assert scripted.scheduler() == Scheduler(suspended=True, in_progress=True, interval=hourly)
    assert scripted.runs() == [Run("1", "AAD", "Export", "success")]
    scripted.start()
    first = asked.read_text().splitlines()[0]
    assert first == (
        f"-NoLogo -NoProfile -NonInteractive -File {SCRIPT} "
        "-Cmdlet Get-ADSyncScheduler -Module ADSync"
    )


def test_an_error_of_the_cmdlet_is_told_by_its_text(tmp_path: Path) -> None:
    text = "Connector: contoso.onmicrosoft.com - AAD is busy."
    identifier = "System.X,Microsoft.IdentityManagement.PowerShell.Cmdlet.StartADSyncSyncCycle"
    answer = f'{{"error":"{text}","identifier":"{identifier}","objects":[]}}'
    refused = refusal(host(tmp_path, f"print({answer!r})"))
    assert (refused.problem, text in refused.detail) == (SyncProblem.CONNECTOR_BUSY, True)


def test_what_stands_before_the_answer_may_be_in_any_code_page(tmp_path: Path) -> None:
    answer = '{"error":null,"objects":[{"Result":"Success"}]}'
    for before in (b"WARNUNG: f\xfcr \x81\r\n", b"\xef\xbb\xbf", b"\x8fx\n\xef\xbb\xbf"):
        host(tmp_path, f"sys.stdout.buffer.write({before + answer.encode() + b'\r\n'!r})").start()


@pytest.mark.parametrize(
    "body",
    [
        *("", "print('Oops')", "print('[]')", "print('{}')", "sys.exit(1)"),
        *(
            f"print({answer!r})"
            for answer in (
                '{"error":null,"objects":[null]}',
                '{"error":null,"objects":{"Result":"Success"}}',
                '{"error":null,"objects":["Success"]}',
                '{"error":{"code":1},"objects":[]}',
                '{"error":"\\ud800","objects":[]}',
                '{"error":null,"objects":[{"Result":"Suc',
            )
        ),
    ],
)
def test_anything_but_the_line_of_json_is_a_refusal(tmp_path: Path, body: str) -> None:
    assert refusal(host(tmp_path, body)).problem is SyncProblem.REFUSED


def test_a_powershell_that_hangs_is_ended(tmp_path: Path) -> None:
    refused = refusal(host(tmp_path, "import time; time.sleep(60)", timeout=1))
    assert (refused.problem, "within 1 s" in refused.detail) == (SyncProblem.HANGS, True)


def test_a_start_that_did_not_start_is_a_refusal(tmp_path: Path) -> None:
    body = """print('{"error":null,"objects":[{"Result":"Failed"}]}')"""
    assert refusal(host(tmp_path, body)).detail == "Start-ADSyncSyncCycle: Failed"


def test_what_powershell_says_beside_an_answer_that_is_none_is_kept(tmp_path: Path) -> None:
    body = "sys.stderr.write('Es ist kein Speicher da'); sys.exit(3)"
    detail = refusal(host(tmp_path, body)).detail
    assert "exit status 3" in detail
    assert detail.endswith("; Es ist kein Speicher da")


@pytest.mark.parametrize("identifier", ["PSSecurityException", "UnauthorizedAccess"])
def test_a_script_that_may_not_run_is_told_with_what_forbids_it(
    tmp_path: Path, identifier: str
) -> None:
    said = f"Das Skript kann nicht geladen werden. FullyQualifiedErrorId : {identifier}"
    detail = refusal(host(tmp_path, f"sys.stderr.write({said!r}); sys.exit(1)")).detail
    assert "execution policy" in detail
    assert f"Unblock-File -Path '{SCRIPT}'" in detail


def test_more_runs_are_asked_for_until_a_known_one_is_among_them(tmp_path: Path) -> None:
    body = """
asked = int(arguments[arguments.index('-NumberRequested') + 1])
runs = [{"RunHistoryId": str(number), "Result": "success"} for number in range(450)]
import json
print(json.dumps({"error": None, "objects": runs[-asked:]}))
"""
    scripted = host(tmp_path, body)
    known = frozenset(str(number) for number in range(100, 200))
    assert {run.identifier for run in scripted.runs(known)} == {str(n) for n in range(200, 450)}
    assert len(scripted.runs()) == 100


def test_the_script_asks_for_nothing_but_what_it_names() -> None:
    text = SCRIPT.read_text()
    assert "Invoke-Expression" not in text
    assert text.isascii()
    called = set(re.findall(r"\w+-ADSync\w+", text))
    behind = {"GlobalSettings", "Connector", "AADPasswordResetConfiguration"}
    assert called == {*ANSWERS, *(f"Get-ADSync{name}" for name in behind)}
