"""The set-up of a developer's machine, on a checkout with next to nothing to install."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.repository import ROOT

PYTHON = Path(sys.base_prefix) / "bin" / "python3.13"
PROJECT_FILE = """\
[project]
name = "{}"
version = "0"
requires-python = "==3.13.*"
optional-dependencies = {{}}
[tool.uv]
package = false
"""
PROJECT_FILES = {
    "pyproject.toml": f"{PROJECT_FILE.format('checkout')}workspace.members = ['sandbox']\n",
    "sandbox/pyproject.toml": PROJECT_FILE.format("next-door"),
}
NPM_FOLDERS = ("sandbox/azurite", "tests/kusto")
NO_PACKAGES = {"name": "none", "version": "0.0.0", "lockfileVersion": 3, "packages": {}}
SENTENCES = 4
"""Lines that whoever cannot go on is told at most."""


def copied(folder: Path) -> Path:
    """What the set-up itself consists of, and a project that needs no library."""
    shutil.copytree(ROOT / "infra/workstation", folder / "infra/workstation")
    shutil.copy(ROOT / "infra/set-up", folder / "infra")
    for name in NPM_FOLDERS:
        (folder / name).mkdir(parents=True)
        (folder / name / "package.json").write_text("{}")
        (folder / name / "package-lock.json").write_text(json.dumps(NO_PACKAGES))
    for name in ("__init__.py", "npm_packages.py"):
        shutil.copy(ROOT / "sandbox" / name, folder / "sandbox")
    for file, text in PROJECT_FILES.items():
        (folder / file).write_text(text)
    uv = Path(sys.executable).with_name("uv")
    lock: list[str | Path] = ["lock", "--offline", "--python", PYTHON, "--directory", folder]
    subprocess.run([uv, *lock], check=True, capture_output=True)
    return folder


def set_up(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", checkout / "infra/set-up"],
        env={**os.environ, "PYTHON": str(PYTHON), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def works(checkout: Path) -> bool:
    """Whether the virtual environment starts, and has what the set-up puts there."""
    return all(
        subprocess.run([checkout / ".venv/bin" / program, "--version"], check=False).returncode == 0
        for program in ("python", "pip", "uv")
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that has been set up."""
    checkout = copied(tmp_path_factory.mktemp("checkouts") / "first")
    done = set_up(checkout)
    assert done.returncode == 0, done.stderr
    assert works(checkout)
    return checkout


def test_what_is_whole_is_left_alone_and_nothing_is_said(whole: Path) -> None:
    before = (whole / ".venv/set-up.json").stat().st_mtime_ns
    done = set_up(whole, PYTHON="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (whole / ".venv/set-up.json").stat().st_mtime_ns == before


def without_pip(checkout: Path) -> None:
    """As Debian's Python leaves it where it has no ensurepip."""
    (checkout / ".venv/set-up.json").unlink()
    for folder in checkout.glob(".venv/lib/*/site-packages/pip*"):
        shutil.rmtree(folder)
    (checkout / ".venv/bin/uv").unlink()


def without_its_python(checkout: Path) -> None:
    """As an upgrade of the distribution leaves it."""
    link = checkout / ".venv/bin/python3.13"
    for name in (link, checkout / ".venv/bin/python", checkout / ".venv/bin/python3"):
        name.unlink(missing_ok=True)
        name.symlink_to("/nowhere/python3.13")


def of_another_python(checkout: Path) -> None:
    record = checkout / ".venv/set-up.json"
    record.write_text(record.read_text().replace(str(PYTHON), "/elsewhere/bin/python3.13"))


@pytest.mark.parametrize("ruin", [without_pip, without_its_python, of_another_python])
def test_a_virtual_environment_that_is_of_no_use_is_made_anew(
    whole: Path, ruin: Callable[[Path], None]
) -> None:
    ruin(whole)
    done = set_up(whole)
    assert done.returncode == 0, done.stderr
    assert works(whole)
    assert set_up(whole).stdout == ""


@pytest.mark.parametrize("file", PROJECT_FILES)
def test_another_project_file_brings_the_same_environment_up_to_date(
    whole: Path, file: str
) -> None:
    ours = whole / ".venv/ours"
    ours.touch()
    (whole / file).write_text(f"{PROJECT_FILES[file]}# changed\n")
    done = set_up(whole)
    assert "libraries" in done.stdout
    assert ours.exists()
    assert set_up(whole).stdout == ""


def test_an_installation_of_npms_that_was_interrupted_is_done_again(whole: Path) -> None:
    (installed,) = (folder for folder in whole.glob(".cache/azurite-*") if folder.is_dir())
    interrupted = installed.with_name(f"{installed.name}.new")
    installed.rename(interrupted)
    assert set_up(whole).returncode == 0
    assert installed.exists()
    assert not interrupted.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    checkout = copied(tmp_path)
    (checkout / ".cache").write_text("in the way")
    done = set_up(checkout)
    assert done.returncode == 1
    assert done.stderr.startswith("The set-up cannot go on: ")
    assert str(checkout / ".cache") in done.stderr
    assert len(done.stderr.splitlines()) < SENTENCES


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({"PYTHON": "/bin/false"}, "PYTHON=/bin/false is no Python 3.13 that starts."),
        ({"PYTHON": "", "PATH": "/nowhere"}, "Python 3.13 is missing"),
        (
            {
                "PIP_INDEX_URL": "http://127.0.0.1:9/",
                "PIP_RETRIES": "0",
                "PIP_CONFIG_FILE": "/dev/null",
            },
            "Python's libraries could not be installed: ERROR: Could not find a version",
        ),
    ],
    ids=["a-wrong-python", "no-python", "no-network"],
)
def test_what_is_missing_is_said_in_a_sentence(
    tmp_path: Path, variables: dict[str, str], told: str
) -> None:
    done = set_up(copied(tmp_path), **variables)
    assert done.returncode == 1
    assert done.stderr.startswith(told)
    assert len(done.stderr.splitlines()) < SENTENCES


def test_a_checkout_that_was_moved_gets_an_environment_for_its_new_place(whole: Path) -> None:
    moved = whole.with_name("moved")
    whole.rename(moved)
    try:
        assert set_up(moved).returncode == 0
        first_line = (moved / ".venv/bin/pip").read_text().splitlines()[0]
    finally:
        moved.rename(whole)
    assert first_line == f"#!{moved}/.venv/bin/python3.13"
