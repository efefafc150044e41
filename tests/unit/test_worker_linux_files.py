"""The files for Linux: the units as systemd reads them, the installer, and the wheelhouse."""

import hashlib
import os
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from hybrid_worker.settings import PREFIX, ProcessSettings, load_settings
from tests.unit.test_worker_settings import PROJECT

LINUX = PROJECT / "infra" / "worker" / "linux"
UNITS = ("sspr-worker.service", "sspr-worker-check.service")
MOST_EXPOSED = 20
"""Tenths of what systemd-analyze counts up to 10; it calls up to 2 "OK"."""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A root folder with the units in it, and what they start."""
    units, python = tmp_path / "etc/systemd/system", tmp_path / "opt/sspr-worker/.venv/bin/python"
    for folder in (units, python.parent):
        folder.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    for name in UNITS:
        (units / name).write_bytes((LINUX / name).read_bytes())
    return tmp_path


def analyzed(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments, f"--root={machine}"],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_every_line_of_the_unit(machine: Path, unit: str) -> None:
    done = analyzed(machine, "verify", "--man=no", "--recursive-errors=no", unit)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", UNITS)
def test_the_unit_is_as_closed_as_systemd_can_make_it(machine: Path, unit: str) -> None:
    options = ("security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit)
    done = analyzed(machine, *options)
    assert done.returncode == 0, done.stdout[-400:]
    file = machine / "etc/systemd/system" / unit
    file.write_text(re.sub(r"(?m)^(Protect|Restrict|Private|System).*$", "", file.read_text()))
    assert analyzed(machine, *options).returncode != 0, "the threshold lets anything through"


def values(unit: str, name: str) -> list[str]:
    return re.findall(rf"(?m)^{name}=(.*)$", (LINUX / unit).read_text())


def test_settings_that_cannot_be_used_are_not_tried_again_and_stopping_has_its_time() -> None:
    unit = UNITS[0]
    assert values(unit, "Restart") == ["on-failure"]
    assert values(unit, "RestartPreventExitStatus") == ["2"]
    (stop,) = values(unit, "TimeoutStopSec")
    assert int(stop) >= 2 * ProcessSettings.model_fields["stop_within"].default


def test_the_check_runs_with_the_same_rights_as_the_worker() -> None:
    def rights(unit: str) -> list[str]:
        service = (LINUX / unit).read_text().partition("[Service]")[2].partition("[Install]")[0]
        own = r"#|Type=|ExecStart=|Kill|Timeout|Restart=|RestartSec|RestartPrevent"
        return [line for line in service.splitlines() if line and not re.match(own, line)]

    assert rights(UNITS[0]) == rights(UNITS[1])
    assert values(UNITS[1], "ExecStart")[0].split()[1:4] == ["-m", "hybrid_worker", "check"]


def test_the_settings_that_are_installed_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    keytab = tmp_path / "keytab"
    keytab.touch()
    told = {"%S/sspr-worker": str(tmp_path / "state"), "%d/keytab": str(keytab)}
    for line in values(UNITS[0], "Environment"):
        name, _, value = line.partition("=")
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, told[value])
    settings = load_settings(LINUX / "worker.env.sample")
    assert settings.directory.keytab == keytab
    assert settings.sync.mode == "psrp"


def install(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINUX / "install", "--python", sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_dry_run_of_the_installer_says_what_it_would_do_and_does_nothing(tmp_path: Path) -> None:
    wheelhouse, root = tmp_path / "wheelhouse", tmp_path / "root"
    wheelhouse.mkdir()
    (wheelhouse / "requirements.txt").touch()
    done = install("--wheelhouse", wheelhouse, "--root", root, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert f"would run: {root}/opt/sspr-worker/.venv/bin/python -m pip install" in done.stdout
    assert "--no-index" in done.stdout
    assert "--require-hashes" in done.stdout
    assert not root.exists()


def test_the_services_user_can_read_what_is_installed_whatever_the_mask_of_root(
    tmp_path: Path,
) -> None:
    wheelhouse, root = tmp_path / "wheelhouse", tmp_path / "root"
    wheelhouse.mkdir()
    (wheelhouse / "requirements.txt").touch()
    before = os.umask(0o077)
    try:
        done = install("--wheelhouse", wheelhouse, "--root", root)
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    app, settings = root / "opt/sspr-worker", root / "etc/sspr-worker/worker.env"
    installed = [app, *app.rglob("*"), settings, settings.parent]
    assert app / "hybrid_worker/__main__.py" in installed
    for path in installed:
        needed = 0o555 if path.is_dir() else 0o444
        assert path.is_symlink() or path.stat().st_mode & needed == needed, path


def test_an_update_stops_a_worker_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "requirements.txt").touch()
    systemctl = tmp_path / "systemctl"
    systemctl.write_text('#!/bin/sh\n[ "$*" = "is-active --quiet sspr-worker.service" ]\n')
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    stop = "would run: systemctl stop sspr-worker.service"
    lines = install("--wheelhouse", tmp_path, "--dry-run").stdout.splitlines()
    assert lines.index(stop) < min(i for i, line in enumerate(lines) if "/opt/sspr-worker" in line)
    systemctl.write_text("#!/bin/sh\nexit 3\n")
    assert stop not in install("--wheelhouse", tmp_path, "--dry-run").stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give --wheelhouse"),
        (["--wheelhouse", "/nowhere"], "there is no /nowhere/requirements.txt"),
        (["--whelhouse", "x"], "--whelhouse: there is no such option"),
    ],
)
def test_the_installer_refuses_what_it_cannot_use(arguments: list[str], complaint: str) -> None:
    done = install(*arguments)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_the_installer_tells_of_all_its_options_and_does_nothing() -> None:
    done = install("--help")
    assert done.returncode == 0, done.stderr
    offered = re.findall(r"^ +(--\w[\w-]*)\)", (LINUX / "install").read_text(), re.MULTILINE)
    assert offered
    assert all(option in done.stdout for option in offered)
    assert "#" not in done.stdout


@pytest.fixture(scope="module")
def wheelhouse() -> ModuleType:
    loader = SourceFileLoader(
        "build_wheelhouse", str(PROJECT / "infra" / "worker" / "build-wheelhouse")
    )
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_each_platform_gets_its_own_kerberos_library_and_every_pin_its_hash(
    wheelhouse: ModuleType,
) -> None:
    text = wheelhouse.REQUIREMENTS.read_text()
    windows, linux = wheelhouse.wanted(text, "windows"), wheelhouse.wanted(text, "linux")
    only_windows = {line.split("=")[0] for line in set(windows) - set(linux)}
    only_linux = {line.split("=")[0] for line in set(linux) - set(windows)}
    assert only_windows == {"sspilib", "winkerberos"}
    assert only_linux == {"decorator", "gssapi"}
    assert all(re.fullmatch(r"[\w.-]+==\S+( --hash=sha256:[0-9a-f]{64})+", line) for line in linux)
    assert "ldap3==" in "\n".join(windows)


def test_a_wheelhouse_is_pinned_to_what_lies_in_it(wheelhouse: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "gssapi-1.12.0-cp311-abi3-linux_x86_64.whl").write_bytes(b"built here")
    digest = hashlib.sha256(b"built here").hexdigest()
    assert wheelhouse.pinned(tmp_path) == [f"gssapi==1.12.0 --hash=sha256:{digest}"]


def test_wheels_for_windows_are_fetched_for_it_and_never_built(
    wheelhouse: ModuleType, tmp_path: Path
) -> None:
    words = wheelhouse.command("windows", tmp_path / "requirements.txt", tmp_path)
    assert {"--require-hashes", "win_amd64", "3.13", ":all:"} <= set(words)
