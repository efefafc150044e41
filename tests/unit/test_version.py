"""The product's version: said in one place, and the same wherever it is written down."""

import tomllib

from shared.contracts.messages import version
from shared.contracts.messages.version import VERSION, running_version
from tests.support.repository import ROOT


def test_the_version_is_that_of_the_project_and_of_its_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    (locked,) = [one["version"] for one in lock if one["name"] == project["name"]]
    assert VERSION == project["version"] == locked


def test_what_is_told_is_a_version_that_every_part_takes() -> None:
    """With a commit behind it or without."""
    assert running_version().partition("+")[0] == VERSION
    assert len(running_version()) <= version.MOST
