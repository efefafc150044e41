"""What Install-SsprWorker.ps1 writes into worker.env, read back by the worker."""

import json
import os
from pathlib import Path

import pytest

from hybrid_worker.settings import PREFIX, load_settings
from tests.support.infra.powershell import WINDOWS, run

WRITER = """
param([string] $Given, [string] $Folder)
. (Join-Path $env:PARTS 'Failure.ps1')
. (Join-Path $env:PARTS 'Setting.ps1')
$number = 0
foreach ($values in Get-Content -LiteralPath $Given -Raw -Encoding UTF8 | ConvertFrom-Json) {
    $ordered = [ordered] @{}
    $values.PSObject.Properties | ForEach-Object { $ordered[$_.Name] = $_.Value }
    $file = Join-Path $Folder "$number.env"
    Write-SettingFile -Path $file -Lines @(Get-SettingLine -Values $ordered) | Out-Null
    $number++
}
"""
GROUPS = [
    "SSPR-Enabled-Users",
    "CN=O'Brien's team,OU=Groups,DC=corp,DC=contoso,DC=com",
    "CN=SSPR\\, Enabled #1,OU=Groups,DC=corp",
    "CN=\"quoted\" and 'quoted',DC=corp",
    "'",
    '"',
    "'#'",
    "a #b",
    "#",
    "\\",
    "ends in a backslash\\",
    "\\'",
    "\\\\' \\n \\t \\u0041",
    "CN=Zürich\u2013Straße,OU=Größe,DC=corp",
    "CN=Łódź 東京 🔑 \u2018smart\u2019 quotes",
    "${HOME} $HOME ${X:-y} %PATH%",
    "export A=b",
    "a=b=c",
    "CN=100% `tick` $(sub) & | < > ^ ; !",
    "inner   spaces",
    "no\u00a0break, \u2028 and \u0085 of lines",
]


def written(folder: Path, values: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PARTS", str(WINDOWS / "parts"))
    script, given = folder / "writer.ps1", folder / "given.json"
    script.write_text(WRITER)
    given.write_text(json.dumps(values, ensure_ascii=False), "utf-8")
    done = run(script, given, folder)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_setting_is_read_back_as_it_was_given_whatever_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = tmp_path / "it's a #1 authority\\.pem"
    authority.touch()
    common = {
        "SERVICE_BUS_NAMESPACE": "contoso.servicebus.windows.net",
        "DIRECTORY_SERVER": "dc1.corp.contoso.com",
        "DIRECTORY_DOMAIN": "corp.contoso.com",
        "SYNC_HOST": "connect.corp.contoso.com",
        "SYNC_CA_FILE": str(authority),
        "SERVICE_BUS_PROXY_HOST": "",
    }
    # In the middle of the file, so that a value which does not end where it should spoils the next.
    values = [
        {"DIRECTORY_SCOPE_GROUP": group, "STATE_DIRECTORY": str(tmp_path / "it's state"), **common}
        for group in GROUPS
    ]
    written(tmp_path, values, monkeypatch)
    for number, group in enumerate(GROUPS):
        settings = load_settings(tmp_path / f"{number}.env")
        assert settings.directory.scope_group == group
        assert settings.process.state_directory == tmp_path / "it's state"
        assert settings.sync.ca_file == authority
        assert settings.service_bus.proxy_host is None


def test_the_file_is_utf_8_without_a_mark_and_says_where_every_setting_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, [{"NAME": "Zürich"}], monkeypatch)
    lines = (tmp_path / "0.env").read_text("utf-8").splitlines()
    assert lines == [
        "# Every setting there is: app\\worker.env.sample.",
        "SSPR_WORKER_NAME='Zürich'",
    ]
