"""Packages from npm on this machine: installed once per lock file, whoever asks first.

`python -m sandbox.npm_packages FOLDER…` installs those of the folders below `.cache`.
"""

import fcntl
import hashlib
import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_log = logging.getLogger(__name__)

_LOCK_FILE = "package-lock.json"
_NPM_CI = ["npm", "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"]


def main(folders: Sequence[str]) -> int:
    """Install the packages of every folder; npm's exit status where it could not."""
    try:
        for folder in folders:
            node_modules(Path(folder), Path(".cache"))
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


def node_modules(folder: Path, cache: Path) -> Path:
    """Where the packages of a folder's lock file are; installs them below the cache if need be.

    Raises:
        subprocess.CalledProcessError: npm could not install them; its output went to stderr.
    """
    installed = _place(folder, cache)
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / f"{installed.name}.lock"):
        if not installed.exists():
            _install(folder, installed)
    return installed / "node_modules"


def is_installed(folder: Path, cache: Path) -> bool:
    """Whether `node_modules` would have nothing to install."""
    return _place(folder, cache).exists()


def _place(folder: Path, cache: Path) -> Path:
    digest = hashlib.sha256((folder / _LOCK_FILE).read_bytes()).hexdigest()[:16]
    return cache / f"{folder.name}-{digest}"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _install(folder: Path, destination: Path) -> None:
    """Install beside the destination and rename: a half installation is never taken for one."""
    _log.info("installing the packages of %s into %s", folder.name, destination)
    building = destination.with_name(f"{destination.name}.new")
    # One that was interrupted is in the way.
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    for name in ("package.json", _LOCK_FILE):
        shutil.copy(folder / name, building)
    subprocess.run(_NPM_CI, cwd=building, check=True, stdout=sys.stderr)
    building.rename(destination)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
