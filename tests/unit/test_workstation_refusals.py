"""What a machine is told on which the set-up cannot install what it needs."""

import io
import os
import platform
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.workstation import machine, system_packages
from infra.workstation.steps import NotSetUp, Steps

UBUNTU = {"ID": "ubuntu", "VERSION_ID": "24.04", "PRETTY_NAME": "Ubuntu 24.04.1 LTS"}
DEBIAN = {"ID": "debian", "VERSION_ID": "13", "PRETTY_NAME": "Debian GNU/Linux 13 (trixie)"}


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the path; empty."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    return Steps(tmp_path / "set-up.log", io.StringIO())


def put(folder: Path, name: str, script: str = "") -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def runs(monkeypatch: pytest.MonkeyPatch, release: Mapping[str, str]) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: dict(release))


def refusal(steps: Steps, *, libraries_are_there: bool = True) -> str:
    with pytest.raises(NotSetUp) as raised:
        system_packages.install(steps, libraries_are_there=libraries_are_there)
    return str(raised.value)


def test_another_distribution_is_told_which_programs_it_lacks(
    steps: Steps, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(monkeypatch, UBUNTU)
    put(programs, "gcc")
    told = refusal(steps)
    assert "This is Ubuntu 24.04.1 LTS." in told
    lacking = told.partition("missing here: ")[2].rstrip(".").split(", ")
    assert {"samba", "kinit", "node", "npm"} <= set(lacking)
    assert "gcc" not in lacking


def test_a_user_without_rights_is_told_what_to_have_installed(
    steps: Steps, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(monkeypatch, DEBIAN)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    put(programs, "dpkg-query", "echo gcc ii; echo krb5-user iU; exit 1")
    put(programs, "npm")
    command = refusal(steps).rpartition("sudo ")[2].split()
    assert command[:3] == ["apt-get", "install", "--no-install-recommends"]
    # What was unpacked, but not configured, counts as missing.
    assert {"samba-ad-dc", "krb5-user", "nodejs"} <= set(command)
    assert not {"gcc", "npm"} & set(command)


@pytest.fixture
def bare_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python without the C headers."""
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: "/nowhere")


@pytest.mark.usefixtures("bare_python")
def test_debians_own_python_gets_what_it_lacks_from_debian(
    steps: Steps, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(monkeypatch, DEBIAN)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    put(programs, "dpkg-query", "exit 1")
    assert "libpython3.13-dev" in refusal(steps, libraries_are_there=False)
    assert "libpython3.13-dev" not in refusal(steps, libraries_are_there=True)


@pytest.mark.usefixtures("bare_python")
def test_a_python_from_elsewhere_has_to_be_a_whole_one(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(monkeypatch, DEBIAN)
    monkeypatch.setattr(sys, "base_prefix", "/opt/python")
    told = refusal(steps, libraries_are_there=False)
    assert "/opt/python has a Python without C headers" in told


@pytest.mark.parametrize(
    ("release", "known"),
    [
        (DEBIAN, True),
        ({**DEBIAN, "VERSION_ID": "12"}, True),
        ({**DEBIAN, "VERSION_ID": "11"}, False),
        ({"ID": "debian"}, True),
        (UBUNTU, False),
        ({}, False),
    ],
)
def test_debian_is_known_from_the_twelfth_release_on(
    release: Mapping[str, str], known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(monkeypatch, release)
    assert machine.is_known_debian() is known


def test_a_disk_that_would_run_full_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly_full = shutil.disk_usage(tmp_path)._replace(free=500_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: nearly_full)
    with pytest.raises(NotSetUp, match=r"0\.5 GB free"):
        machine.require_disk(tmp_path)


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("Get:1 a\nE: cannot find it\nE: nor this", "E: cannot find it"),
        (
            "error: no build\n  cause: no fetch\n  cause: no network\n",
            "error: no build; cause: no network",
        ),
        ("npm error code ENOTFOUND\nnpm error network", "npm error code ENOTFOUND"),
        ("it broke\n\n", "it broke"),
        ("", "nothing was said"),
    ],
    ids=["apt", "uv", "npm", "another", "silent"],
)
def test_a_program_that_fails_is_quoted_and_its_log_is_named(
    steps: Steps, tmp_path: Path, said: str, quoted: str
) -> None:
    output = tmp_path / "said"
    output.write_text(said)
    with pytest.raises(NotSetUp) as raised:
        steps.run(["sh", "-c", 'cat "$0"; exit 3', output], "It is not there", tmp_path)
    first, second, _ = str(raised.value).splitlines()
    assert first == f"It is not there: {quoted}"
    assert said in Path(second.rpartition(": ")[2]).read_text()
