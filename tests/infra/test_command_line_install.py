"""`sspr` alone: installed by one command from the clone, with the locked versions, it works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repository import ROOT

PROJECT = ROOT / "infra/command-line"
_EVERY_MODULE = """
import importlib, pkgutil, cli, sys
for one in pkgutil.walk_packages(cli.__path__, "cli."):
    if not one.name.endswith("__main__"):
        importlib.import_module(one.name)
print(cli.__file__)
"""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs after `uv tool install`, where nothing else is installed."""
    folder = tmp_path_factory.mktemp("tools")
    environment = {**os.environ, "UV_TOOL_DIR": str(folder), "UV_TOOL_BIN_DIR": str(folder / "bin")}
    words = ["-m", "uv", "tool", "install", "--python", sys.executable, str(PROJECT)]
    subprocess.run([sys.executable, *words], check=True, env=environment, capture_output=True)
    return folder


def run(program: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs it away from the repository, so that nothing is found by accident."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **more}
    return subprocess.run(
        [program, *words],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_versions_are_those_of_the_lock() -> None:
    ran = subprocess.run([sys.executable, PROJECT / "pin.py", "--check"], check=False)
    assert ran.returncode == 0, "write them anew by `python infra/command-line/pin.py`"


def test_it_checks_a_document_without_an_app(installed: Path) -> None:
    document = ROOT / "docs/examples/full.yaml"
    ran = run(installed / "bin/sspr", "lint", str(document))
    assert (ran.returncode, ran.stderr) == (0, f"{document}: no findings\n")


def test_it_says_that_the_app_cannot_be_reached(installed: Path) -> None:
    ran = run(installed / "bin/sspr", "status", SSPR_URL="http://127.0.0.1:9/api", SSPR_KEY="a-key")
    assert ran.returncode == 4
    assert "cannot be reached" in ran.stderr


def test_every_module_of_it_finds_what_it_imports(installed: Path) -> None:
    ran = run(installed / "sspr-rollout/bin/python", "-c", _EVERY_MODULE)
    assert ran.returncode == 0, ran.stderr
    assert str(installed) in ran.stdout


def test_it_brings_no_library_of_the_app_or_the_worker(installed: Path) -> None:
    found = {path.name.lower() for path in installed.rglob("*.dist-info")}
    assert not [one for one in found if one.startswith(("azure", "msgraph", "ldap3", "aiohttp"))]
    assert any(one.startswith("typer") for one in found)
