"""Packages from npm on this machine: installed once per lock file, whoever asks first."""

import fcntl
import hashlib
import logging
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_log = logging.getLogger(__name__)

_LOCK_FILE = "package-lock.json"
_NPM_CI = ["npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]


def node_modules(folder: Path, cache: Path) -> Path:
    """Where the packages of a folder's lock file are; installs them below the cache if need be.

    Raises:
        subprocess.CalledProcessError: npm could not install them; its output went to stderr.
    """
    digest = hashlib.sha256((folder / _LOCK_FILE).read_bytes()).hexdigest()[:16]
    installed = cache / f"{folder.name}-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / f"{folder.name}-{digest}.lock"):
        if not installed.exists():
            _install(folder, installed)
    return installed / "node_modules"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(folder: Path, destination: Path) -> None:
    """Install beside the destination and rename: a half installation is never taken for one."""
    _log.info("installing the packages of %s into %s", folder.name, destination)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=f"{folder.name}-") as beside:
        building = Path(beside) / "building"
        building.mkdir()
        for name in ("package.json", _LOCK_FILE):
            shutil.copy(folder / name, building)
        subprocess.run(_NPM_CI, cwd=building, check=True, stdout=sys.stderr)
        building.rename(destination)
