"""The provisioned and seeded directory: made once, then unpacked from a cache."""

import hashlib
import json
import logging
import shutil
import subprocess
import tarfile
import tempfile
from fcntl import LOCK_EX, flock
from pathlib import Path

from sandbox import company
from sandbox.domain_controller.layout import Layout
from sandbox.domain_controller.seed import build_order

_log = logging.getLogger(__name__)

_HERE = Path(__file__).parent
# Samba's bindings exist for the distribution's Python only.
_SYSTEM_PYTHON = "/usr/bin/python3"
# Fast, and still 2.8 MB for 300 people.
_COMPRESSION = 1


def place_directory(layout: Layout, company_size: int, cache: Path) -> None:
    """Fill `layout.data`, unless a directory is there already.

    The first time for a company size, a set of sources and a version of Samba takes seconds;
    after that the cached one is unpacked.

    Raises:
        subprocess.CalledProcessError: Samba could not be provisioned; the reason is on stderr.
    """
    if layout.data.exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    packed = cache / f"directory-{_key(company_size)}.tar.gz"
    with (cache / ".lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not packed.exists():
            _log.info("provisioning a directory for %d people", company_size)
            _provision(layout, company_size)
            _pack(layout.data, packed)
            return
    _unpack(packed, layout.data)


def _key(company_size: int) -> str:
    digest = hashlib.sha256(f"{company_size}".encode())
    digest.update(subprocess.check_output(["samba", "--version"]))
    for source in (Path(company.__file__), *sorted(_HERE.glob("*.py"))):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _provision(layout: Layout, company_size: int) -> None:
    order = build_order(company.build_company(company_size))
    layout.data.mkdir()
    try:
        with tempfile.NamedTemporaryFile("w", suffix=".json") as order_file:
            json.dump(order, order_file)
            order_file.flush()
            script = str(_HERE / "provision.py")
            files = [str(layout.smb_conf), order_file.name, str(layout.keytab)]
            subprocess.run([_SYSTEM_PYTHON, "-I", script, *files], check=True, stdout=2)
    except BaseException:
        # Half a directory must not be taken for a whole one at the next start.
        shutil.rmtree(layout.data)
        raise


def _pack(data: Path, packed: Path) -> None:
    draft = packed.with_suffix(".new")
    with tarfile.open(draft, "w:gz", compresslevel=_COMPRESSION) as archive:
        archive.add(data, arcname=".")
    draft.replace(packed)


def _unpack(packed: Path, data: Path) -> None:
    draft = data.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    with tarfile.open(packed) as archive:
        archive.extractall(draft, filter="tar")
    draft.rename(data)
