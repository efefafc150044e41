"""The real Bicep compiler, on these templates or on a changed copy of them."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.infra.programs import required

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
EXAMPLES = INFRA / "examples"
# Somebody's subscription and tenant: nothing but names hangs on them.
_DEPLOYED_AS = (
    *("--subscription-id", "5b5c1a5e-0000-4000-8000-000000000001"),
    *("--tenant-id", "7e7a7c00-0000-4000-8000-000000000002"),
    *("--location", "westeurope", "--deployment-name", "contoso"),
)
_AT_ONCE = 2

Ran = subprocess.CompletedProcess[str]


def bicep(*arguments: str | Path) -> Ran:
    """Runs the compiler."""
    program = required("bicep", "`az bicep install` brings it, then put ~/.azure/bin on PATH")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def template(ran: Ran) -> dict[str, Any]:
    """What `bicep build --stdout` made of a file."""
    compiled: dict[str, Any] = json.loads(ran.stdout)
    return compiled


def snapshot(parameters: Path, mode: str) -> Ran:
    """Writes the snapshot of a set of parameters, or compares it with the one that is there."""
    return bicep("snapshot", parameters, "--mode", mode, *_DEPLOYED_AS)


def snapshots(parameters: Iterable[Path], mode: str) -> dict[str, Ran]:
    """The same for many, by name; each takes seconds, most of them the compiler's own start."""
    files = list(parameters)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        ran = pool.map(lambda file: snapshot(file, mode), files)
    return {file.stem: one for file, one in zip(files, ran, strict=True)}


def copied(folder: Path) -> Path:
    """A copy of the templates, to be spoilt."""
    leave_out = shutil.ignore_patterns("worker", "graph", "*.snapshot.json")
    return Path(shutil.copytree(INFRA, folder / "infra", ignore=leave_out))
