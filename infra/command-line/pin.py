"""Pins what `sspr` needs, and what that needs in turn, to the versions of `uv.lock`.

Writes `pyproject.toml` beside this file anew; with `--check` it only says whether it is current.
"""  # noqa: INP001  # a script beside what it belongs to

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
_LIST = re.compile(r"^dependencies = \[\n.*?^\]$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^[A-Za-z0-9._-]+")
ALSO = "pydantic"
"""Of the libraries that every part needs, the one that the command line imports."""


def pinned() -> list[str]:
    """Every requirement, in order, with the platforms that it is for."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    packages = {one["name"]: one for one in locked}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    markers: dict[str, set[str]] = {}
    for text in (*project["optional-dependencies"]["cli"], ALSO):
        name = re.sub(r"[._-]+", "-", _NAME.findall(text)[0]).lower()
        for found, marker in _needed(name, "", packages, frozenset()):
            markers.setdefault(found, set()).add(marker)
    return [_line(packages[name], markers[name]) for name in sorted(markers)]


def _needed(
    name: str, marker: str, packages: Mapping[str, Any], above: frozenset[str]
) -> Iterator[tuple[str, str]]:
    if name in above:
        return
    yield name, marker
    for one in packages[name].get("dependencies", ()):
        both = " and ".join(part for part in (marker, one.get("marker", "")) if part)
        yield from _needed(one["name"], both, packages, above | {name})


def _line(package: Mapping[str, Any], markers: set[str]) -> str:
    only = "" if "" in markers else f"; {' or '.join(f'({one})' for one in sorted(markers))}"
    return f"{package['name']}=={package['version']}{only}".replace('"', "'")


def _filled_in(text: str) -> str:
    lines = "".join(f'    "{one}",\n' for one in pinned())
    return _LIST.sub(lambda _: f"dependencies = [\n{lines}]", text)


if __name__ == "__main__":
    file = HERE / "pyproject.toml"
    text = file.read_text(encoding="utf-8")
    if "--check" in sys.argv:
        sys.exit(0 if _filled_in(text) == text else f"{file}: run {Path(__file__).name}")
    file.write_text(_filled_in(text), encoding="utf-8")
