"""Debian's packages that the sandbox and the tests need, installed where one is missing.

Samba's domain controller, Kerberos, a compiler for its bindings, Node, curl for the rehearsal, and
systemd-analyze, which checks the worker's units without a systemd that runs.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from infra.workstation import machine
from infra.workstation.steps import NotSetUp, Steps

# Debian 12 has the domain controller in `samba`, Debian 13 in `samba-ad-dc`; both know the latter.
_ALWAYS = (
    *("samba-ad-dc", "samba-ad-provision", "samba-dsdb-modules", "python3-samba"),
    *("krb5-user", "libkrb5-dev", "gcc", "libc6-dev", "curl", "python3"),
)
# Node and npm often come from elsewhere, and Debian's would not go beside them.
_BY_PROGRAM = {"node": "nodejs", "npm": "npm", "systemd-analyze": "systemd"}
_PROGRAMS = ("samba", "kinit", "krb5-config", "gcc", "curl", *_BY_PROGRAM)
"""What has to be there where the packages have other names."""
_BINDINGS = ["/usr/bin/python3", "-c", "import samba.provision"]
_SERVICES = ("smbd", "nmbd", "winbind", "samba-ad-dc")
_START_NOTHING = Path("/usr/sbin/policy-rc.d")
_APT = (
    *("apt-get", "-y", "-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=5"),
    *("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"),
)
_FAILURE = "Debian's packages could not be installed"


def install(steps: Steps, *, libraries_are_there: bool) -> None:
    """Install what is missing.

    Args:
        steps: to run and tell it by.
        libraries_are_there: so that Python needs nothing any more to make and compile them.

    Raises:
        NotSetUp: naming what is missing, where it cannot be installed from here.
    """
    if not machine.is_known_debian():
        _require_programs()
        return
    for_python = () if libraries_are_there else _for_python()
    if missing := _missing([*_ALWAYS, *_for_programs(), *for_python]):
        _require_root(missing)
        told = f"Debian's packages, about a minute and 400 MB: {' '.join(missing)}"
        with steps.step(told), _nothing_started():
            _install(steps, missing)


def _require_programs() -> None:
    lacking = [program for program in _PROGRAMS if shutil.which(program) is None]
    if subprocess.run(_BINDINGS, check=False, capture_output=True).returncode:
        lacking.append("Samba's bindings for /usr/bin/python3")
    if lacking:
        raise NotSetUp(
            f"This is {machine.name()}. Packages are installed on Debian 12 and 13 only; "
            f"missing here: {', '.join(lacking)}."
        )


def _for_programs() -> Iterator[str]:
    return (package for program, package in _BY_PROGRAM.items() if shutil.which(program) is None)


def _for_python() -> Iterator[str]:
    """What this Python lacks for making virtual environments and compiling libraries."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    lacking = {}
    if importlib.util.find_spec("ensurepip") is None:
        lacking[f"python{version}-venv"] = "ensurepip"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        lacking[f"libpython{version}-dev"] = "C headers"
    if lacking and sys.base_prefix != "/usr":
        raise NotSetUp(
            f"{sys.base_prefix} has a Python without {' and '.join(lacking.values())}; "
            "name a whole one: make setup PYTHON=/path/to/python3.13"
        )
    yield from lacking


def _missing(packages: Sequence[str]) -> list[str]:
    query = ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}\n", *packages]
    known = subprocess.run(query, check=False, capture_output=True, text=True).stdout
    installed = {line.split()[0] for line in known.splitlines() if line.split()[1:] == ["ii"]}
    return [package for package in packages if package not in installed]


def _require_root(missing: Sequence[str]) -> None:
    if os.geteuid():
        raise NotSetUp(
            f"These packages of Debian's are missing: {' '.join(missing)}. Run this as root, or: "
            f"sudo apt-get install --no-install-recommends {' '.join(missing)}"
        )


@contextmanager
def _nothing_started() -> Iterator[None]:
    """Keep Samba's services from starting: the sandbox starts one of its own, in its own folder."""
    if _START_NOTHING.exists():
        yield
        return
    _START_NOTHING.write_text("#!/bin/sh\nexit 101\n")
    _START_NOTHING.chmod(0o755)
    try:
        yield
    finally:
        _START_NOTHING.unlink()


def _install(steps: Steps, missing: Sequence[str]) -> None:
    def run(*command: str) -> None:
        steps.run(command, _FAILURE, Path("/"), DEBIAN_FRONTEND="noninteractive", LC_ALL="C.UTF-8")

    had_samba = shutil.which("smbd") is not None
    # An installation that was interrupted would refuse every further one.
    run("dpkg", "--configure", "-a", "--force-confdef", "--force-confold")
    try:
        run(*_APT, "update")
    except NotSetUp:
        # One source of several is out of order: whether it is one that counts shows at once.
        steps.tell("  not every list of packages could be fetched")
    run(*_APT, "install", "--fix-broken", "--no-install-recommends", *missing)
    if not had_samba and shutil.which("systemctl"):
        # Nor at the next start of the machine.
        run("systemctl", "--quiet", "disable", *_SERVICES)
