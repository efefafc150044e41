"""The worker as it is installed: its own packages and two folders, away from the repository."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repository import ROOT

SETTINGS = {
    "SERVICE_BUS_NAMESPACE": "contoso.servicebus.windows.net",
    "SERVICE_BUS_CUSTOM_ENDPOINT": "sb://127.0.0.1:1",
    "DIRECTORY_SERVER": "localhost",
    "DIRECTORY_PORT": "1",
    "DIRECTORY_DOMAIN": "corp.contoso.com",
    "DIRECTORY_SCOPE_GROUP": "SSPR-Enabled-Users",
    "SYNC_HOST": "localhost",
    "SYNC_PORT": "1",
    "SYNC_USER": "svc",
    "SYNC_PASSWORD": "x",
    "SYNC_AUTH": "basic",
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the installers put there, and a virtual environment of its own."""
    folder = tmp_path_factory.mktemp("installed")
    for package in ("hybrid_worker", "shared"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    environment = folder / ".venv"
    requirements = ROOT / "hybrid_worker" / "requirements.txt"
    base: list[str | Path] = [Path(sys.executable).with_name("uv"), "--quiet"]
    subprocess.run([*base, "venv", "--python", sys.executable, environment], check=True)
    subprocess.run(
        [
            *base,
            *("pip", "install", "--python", environment / "bin" / "python"),
            *("--require-hashes", "--requirement", requirements),
        ],
        check=True,
        cwd=folder,
    )
    lines = SETTINGS | {"STATE_DIRECTORY": str(folder / "state")}
    text = "".join(f"SSPR_WORKER_{name}={value}\n" for name, value in lines.items())
    (folder / "worker.env").write_text(text)
    return folder


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [installed / ".venv" / "bin" / "python", "-m", "hybrid_worker", *arguments],
        cwd=installed,
        env={
            "PATH": "/usr/bin:/bin",
            "IDENTITY_ENDPOINT": "http://127.0.0.1:1/",
            "IMDS_ENDPOINT": "http://127.0.0.1:1/",
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_its_own_packages_are_all_it_needs_to_start(installed: Path) -> None:
    told = run(installed, "--help")
    assert told.returncode == 0, told.stderr
    assert "check" in told.stdout
    shown = run(installed, "--check-settings")
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["SSPR_WORKER_SYNC_CONFIGURATION"] == "SSPR.DeltaSync"


def test_the_check_reaches_for_every_part_with_these_packages_and_says_what_is_not_there(
    installed: Path,
) -> None:
    done = run(installed, "check", "--output", "json")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    seen = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
    failed = {name for name, one in seen.items() if one["state"] == "failed"}
    assert failed == {"service-bus-identity", "directory-certificate", "connect-host"}


def test_settings_that_cannot_be_used_end_the_check_with_status_two(installed: Path) -> None:
    (installed / "empty.env").write_text("")
    done = run(installed, "check", "--settings", "empty.env")
    assert done.returncode == 2
    assert "SSPR_WORKER_DIRECTORY_SERVER: is missing" in done.stderr
    absent = run(installed, "check", "--settings", "nothing.env")
    assert absent.returncode == 2
    assert "nothing.env: there is no such file" in absent.stderr
