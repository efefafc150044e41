"""The pinned Azurite on this machine: installed once per lock file, whoever asks first."""

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

_HERE = Path(__file__).parent
_LOCK_FILE = _HERE / "package-lock.json"
_NPM_CI = ["npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]


def entry_point(cache: Path) -> Path:
    """The script to run with node; installs it from the committed lock file if need be.

    Raises:
        subprocess.CalledProcessError: npm could not install it; its output went to stderr.
    """
    digest = hashlib.sha256(_LOCK_FILE.read_bytes()).hexdigest()[:16]
    installed = cache / f"azurite-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / f"azurite-{digest}.lock"):
        if not installed.exists():
            _install(installed)
    return installed / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(destination: Path) -> None:
    """Install beside the destination and rename: a half installation is never taken for one."""
    _log.info("installing Azurite into %s", destination)
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix="azurite-") as folder:
        building = Path(folder) / "building"
        building.mkdir()
        for name in ("package.json", _LOCK_FILE.name):
            shutil.copy(_HERE / name, building)
        subprocess.run(_NPM_CI, cwd=building, check=True, stdout=sys.stderr)
        building.rename(destination)
