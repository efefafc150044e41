"""The files for Linux: the units as systemd reads them."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from hybrid_worker.settings import PREFIX, ProcessSettings, load_settings
from tests.support.repository import ROOT

LINUX = ROOT / "infra" / "worker" / "linux"
UNITS = ("sspr-worker.service", "sspr-worker-check.service")
ARC = "10-azure-arc.conf"
MOST_EXPOSED = 20
"""Tenths of what systemd-analyze counts up to 10; it calls up to 2 "OK"."""


@pytest.fixture(params=[True, False], ids=["with Azure Arc", "without"])
def machine(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A root folder with the units in it, and what they start."""
    units, python = tmp_path / "etc/systemd/system", tmp_path / "opt/sspr-worker/.venv/bin/python"
    for folder in (units, python.parent):
        folder.mkdir(parents=True)
    python.write_text("#!/bin/sh\n")
    python.chmod(0o755)
    for name in UNITS:
        (units / name).write_bytes((LINUX / name).read_bytes())
        if request.param:
            drop_ins = units / f"{name}.d"
            drop_ins.mkdir()
            (drop_ins / ARC).write_bytes((LINUX / ARC).read_bytes())
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


@pytest.mark.parametrize("unit", UNITS)
def test_a_group_that_only_azure_arc_has_is_wanted_by_its_drop_in_alone(
    machine: Path, unit: str
) -> None:
    """Since systemd starts no unit whose group is not there; a later drop-in takes it out again."""
    drop_ins = machine / "etc/systemd/system" / f"{unit}.d"

    def wants_groups() -> bool:
        done = analyzed(machine, "security", "--offline=true", "--json=short", unit)
        seen = {one["json_field"]: one["set"] for one in json.loads(done.stdout)}
        return not seen["SupplementaryGroups"]

    assert wants_groups() == drop_ins.exists()
    drop_ins.mkdir(exist_ok=True)
    (drop_ins / "override.conf").write_text("[Service]\nSupplementaryGroups=\n")
    assert not wants_groups()


def test_without_azure_arc_nobody_is_sent_to_its_agent_for_a_token() -> None:
    """The identity library takes these two variables for a sign that the agent is there."""
    endpoints = {line.partition("=")[0] for line in values(ARC, "Environment")}
    assert endpoints == {"IDENTITY_ENDPOINT", "IMDS_ENDPOINT"}
    for unit in UNITS:
        assert not {line.partition("=")[0] for line in values(unit, "Environment")} & endpoints
        assert values(unit, "After") == ["network-online.target"]


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
        own = r"#|Type=|ExecStart=|Kill|Timeout|Restart=|RestartSec|RestartPrevent|Watchdog"
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
    assert settings.sync.mode == "connect"
