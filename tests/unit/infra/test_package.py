"""What is deployed: `.funcignore` and the script let the same files through: a whole app."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import pathspec
import pytest

from tests.unit.infra.bicep import INFRA
from tests.unit.test_registration import ENVIRONMENT, load

ROOT = INFRA.parent
LIBRARIES = ".python_packages/lib/site-packages"


def ignored() -> pathspec.GitIgnoreSpec:
    """Read as `.gitignore` is."""
    return pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())


def let_through() -> Iterator[Path]:
    """Every file here that `.funcignore` leaves in, but for the libraries."""
    rules = ignored()
    for folder, below, files in os.walk(ROOT):
        inner = Path(folder).relative_to(ROOT)
        below[:] = [
            one
            for one in below
            if one != ".python_packages" and not rules.match_file(f"{inner / one}/")
        ]
        yield from (inner / one for one in files if not rules.match_file(inner / one))


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_package", INFRA / "build_package.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with what `.funcignore` leaves in, but for the libraries."""
    folder = tmp_path / "package"
    for path in let_through():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    return folder


def index(package: Path) -> subprocess.CompletedProcess[str]:
    libraries = sysconfig.get_path("purelib")
    driver = Path(__file__).with_name("index_package.py")
    return subprocess.run(
        [sys.executable, "-S", driver, package, libraries, ROOT],
        env=ENVIRONMENT,
        cwd=package,
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_but_the_app_goes_into_the_package() -> None:
    """A new folder or file at the top has to be named in `.funcignore`, or here."""
    assert {path.parts[0] for path in let_through()} - {"hr-sources.yaml"} == {
        "function_app.py",
        "functions",
        "host.json",
        "requirements.txt",
        "shared",
    }
    assert not [path for path in let_through() if path.name.startswith("local.settings")]


def test_the_libraries_go_into_the_package_as_they_are_compiled() -> None:
    compiled = f"{LIBRARIES}/msgraph/__pycache__/models.cpython-313.pyc"
    assert not ignored().match_file(compiled)
    assert ignored().match_file("shared/domain/__pycache__/cohort.cpython-313.pyc")


def test_the_script_packs_what_funcignore_lets_through() -> None:
    packing: Any = script()
    assert LIBRARIES in packing.PACKAGED
    packing.PACKAGED = [name for name in packing.PACKAGED if name != LIBRARIES]
    assert {path.relative_to(ROOT) for path in packing.files(ROOT)} == set(let_through())


def test_the_package_is_indexed_with_nothing_of_the_repository_in_reach(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexed = index(package)
    assert indexed.returncode == 0, indexed.stderr
    found: dict[str, Any] = json.loads(indexed.stdout)
    expected = {one.get_function_name() for one in load(monkeypatch, ENVIRONMENT).get_functions()}
    assert len(found["functions"]) == len(expected)
    assert set(found["functions"]) == expected
    assert len(found["modules"]) > 100
    foreign = [path for path in found["modules"].values() if not Path(path).is_relative_to(package)]
    assert foreign == []


def test_a_package_without_a_folder_that_the_app_needs_would_be_noticed(package: Path) -> None:
    shutil.rmtree(package / "shared")
    indexed = index(package)
    assert json.loads(indexed.stdout)["functions"] == ["get_health", "get_health_report"]
    assert "No module named 'shared'" in indexed.stderr


def test_the_zip_has_the_libraries_compiled_and_the_app_as_it_is_written(tmp_path: Path) -> None:
    app = tmp_path / "app"
    for name in (
        "function_app.py",
        "functions/clock.py",
        "functions/__pycache__/clock.cpython-313.pyc",
        f"{LIBRARIES}/library.py",
        f"{LIBRARIES}/__pycache__/library.cpython-313.pyc",
        "worker.env",
        "tests/test_clock.py",
    ):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text("")
    script().pack(app, tmp_path / "package.zip")
    assert set(ZipFile(tmp_path / "package.zip").namelist()) == {
        "function_app.py",
        "functions/clock.py",
        f"{LIBRARIES}/library.py",
        f"{LIBRARIES}/__pycache__/library.cpython-313.pyc",
    }


def test_the_libraries_are_chosen_for_azure_and_not_for_this_machine(tmp_path: Path) -> None:
    command = [str(word) for word in script()._pip(tmp_path)]
    assert {"--require-hashes", "--only-binary=:all:"} <= set(command)
    after = dict(pairwise(command))
    assert after["--python-version"] == (ROOT / ".python-version").read_text().strip()
    assert {command[n + 1] for n, word in enumerate(command) if word == "--platform"} == {
        "manylinux_2_28_x86_64",
        "manylinux_2_17_x86_64",
        "manylinux2014_x86_64",
    }
