"""Nothing in the sandbox imports in a circle, nor anything of the product's tests."""

import ast
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testing.repository import ROOT

CIRCLES = {
    "at the top": "import sandbox.service_bus.session\n",
    "inside a function": """
def begin() -> None:
    from sandbox.service_bus.session import Session
""",
    "for types alone": """
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.service_bus.session import Session
""",
}


TESTS = {"tests", "conftest"}


def roots_of_imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]
        elif isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Ask import-linter about the sandbox that lies in `folder`."""
    program = Path(sys.executable).with_name("lint-imports")
    options = (f"--config={ROOT / 'pyproject.toml'}", "--contract=sandbox-circles", "--no-cache")
    return subprocess.run(
        [program, *options], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    compiled = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "sandbox", tmp_path / "sandbox", ignore=compiled)
    return tmp_path


def test_there_is_no_circle_in_the_sandbox(copied: Path) -> None:
    asked = lint(copied)
    assert asked.returncode == 0, asked.stdout


@pytest.mark.parametrize("planted", CIRCLES.values(), ids=CIRCLES)
def test_a_circle_would_be_found(planted: str, copied: Path) -> None:
    with (copied / "sandbox/service_bus/link.py").open("a") as link:
        link.write(planted)
    asked = lint(copied)
    assert asked.returncode == 1, asked.stdout + asked.stderr
    assert ".session -> .link" in asked.stdout


def test_the_sandbox_and_its_tests_need_nothing_of_the_products_tests() -> None:
    found = sorted((ROOT / "sandbox").rglob("*.py"))
    assert [path for path in found if TESTS & {*roots_of_imports(path.read_text())}] == []
