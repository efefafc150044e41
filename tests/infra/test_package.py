"""What is deployed: `.funcignore` and the script let the same files through: a whole app."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import sysconfig
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from zipfile import ZipFile

import pytest

from tests.support.infra.compiler import INFRA
from tests.support.registered_app import ENVIRONMENT, load
from tests.support.repository import ROOT

LIBRARIES = ".python_packages/lib/site-packages"


PRIVATE = (
    ".env",
    "everybody.csv",
    "functions/.env",
    "functions/people.csv",
    "hybrid_worker/worker.keytab",
    "local.settings.json",
    "people.csv",
    "rollout.yaml",
    "shared/adapters/key.pem",
    "shared/domain/__pycache__/cohort.cpython-313.pyc",
    "shared/rollout.yaml",
    "wheelhouse/worker-1.0-py3-none-any.whl",
    "worker.env",
    "worker.keytab",
    ".python_packages/people.csv",
    ".python_packages/lib/key.pem",
    ".ssh/id_ed25519",
)
"""What lies about where somebody works, and is nobody else's."""
OF_THE_APP = (
    "function_app.py",
    "functions/clock.py",
    "host.json",
    "hr-sources.yaml",
    "requirements.txt",
    "shared/domain/person/people.py",
    f"{LIBRARIES}/library/__pycache__/data.cpython-313.pyc",
    f"{LIBRARIES}/library/data.json",
)


def let_through(folder: Path, rules: Path, repository: Path) -> set[Path]:
    """Every file of a folder that the rules leave in, as git reads them."""
    git = ("git", f"--git-dir={repository / '.git'}", f"--work-tree={folder}")
    subprocess.run(["git", "init", "--quiet", repository], check=True)
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--others", f"--exclude-from={rules}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return {Path(name) for name in listed.stdout.split("\0") if name}


def as_azd_reads_them(rules: Path, folder: Path) -> Path:
    """The rules with the first one as wide as azd's matcher takes it: its star crosses folders."""
    lines = rules.read_text().splitlines()
    assert lines.count("/*") == 1
    wider = folder / "as-azd"
    wider.write_text("\n".join("**" if line == "/*" else line for line in lines))
    return wider


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_package", INFRA / "build_package.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def here(tmp_path: Path) -> set[Path]:
    """What of this folder goes into the package, but for the libraries."""
    all_of_it = let_through(ROOT, ROOT / ".funcignore", tmp_path / "git")
    return {path for path in all_of_it if not path.is_relative_to(LIBRARIES)}


@pytest.fixture
def package(tmp_path: Path, here: set[Path]) -> Path:
    """A folder with what `.funcignore` leaves in, but for the libraries."""
    folder = tmp_path / "package"
    for path in here:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    return folder


@pytest.fixture
def littered(tmp_path: Path) -> Path:
    """An app with everything beside it and in it that must not go anywhere."""
    folder = tmp_path / "littered"
    for name in (*PRIVATE, *OF_THE_APP):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    return folder


def index(package: Path) -> subprocess.CompletedProcess[str]:
    libraries = sysconfig.get_path("purelib")
    driver = ROOT / "tests/support/infra/index_package.py"
    return subprocess.run(
        [sys.executable, "-S", driver, package, libraries, ROOT],
        env=ENVIRONMENT,
        cwd=package,
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_but_the_app_goes_into_the_package(here: set[Path]) -> None:
    assert {path.parts[0] for path in here} - {"hr-sources.yaml"} == {
        "function_app.py",
        "functions",
        "host.json",
        "requirements.txt",
        "shared",
    }


def test_people_keys_and_settings_stay_where_they_are(littered: Path, tmp_path: Path) -> None:
    """Whoever packs: azd, Core Tools or the script."""
    app = {Path(name) for name in OF_THE_APP}
    rules = ROOT / ".funcignore"
    assert let_through(littered, rules, tmp_path / "git") == app
    assert let_through(littered, as_azd_reads_them(rules, tmp_path), tmp_path / "azd") == app
    assert {path.relative_to(littered) for path in script().files(littered)} == app


def test_the_package_says_which_commit_it_was_built_from(tmp_path: Path) -> None:
    """The app shows it with its version; outside of git it shows the version alone."""
    app, built = tmp_path / "app", script().BUILT
    (app / built).parent.mkdir(parents=True)
    script().note_commit(app)
    assert not (app / built).exists()
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x", "--allow-empty"]):
        who = ["-c", "user.name=x", "-c", "user.email=x@y.test"]
        subprocess.run(["git", *who, *words], cwd=app, check=True)
    script().note_commit(app)
    assert re.fullmatch(r'COMMIT = "[0-9a-f]{7,12}"', (app / built).read_text().splitlines()[-1])
    assert built in {path.relative_to(app) for path in script().files(app)}


def test_a_rule_that_lets_a_list_of_people_through_would_be_noticed(
    littered: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text(f"{(ROOT / '.funcignore').read_text()}!/people.csv\n")
    assert Path("people.csv") in let_through(littered, wrong, tmp_path / "git")


def test_the_script_packs_what_funcignore_lets_through(here: set[Path]) -> None:
    packed = {path.relative_to(ROOT) for path in script().files(ROOT)}
    assert {path for path in packed if not path.is_relative_to(LIBRARIES)} == here


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
