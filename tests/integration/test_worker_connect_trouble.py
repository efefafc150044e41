"""The worker as a process beside a Connect host that is somebody else's, and not well."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.connect_host.run_history import AD_CONNECTOR, TENANT_CONNECTOR
from sandbox.testing.connect_host_process import ConnectHost
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.waiting import wait_until
from shared.contracts.messages.worker_report import SyncHindrance
from tests.support.worker_process import (
    OFTEN,
    Rig,
    by_keytab,
    by_name,
    command,
    directory_environment,
    running_rig,
    sync_environment,
)

QUICKLY = {"SSPR_WORKER_SYNC_TIMEOUT": "6", **OFTEN}
A_WHILE = 2.0
"""Seconds in which a worker that would start a cycle has done so."""


@pytest.fixture(scope="module")
def shared_rig(
    controller: Controller, shared_host: ConnectHost, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    environment = directory_environment(controller, "kerberos") | sync_environment(shared_host)
    with running_rig(tmp_path_factory.mktemp("bus"), controller, environment) as rig:
        yield rig


@pytest.fixture
def rig(shared_rig: Rig, host: ConnectHost, tmp_path: Path) -> Iterator[Rig]:
    """A worker of its own for every test: what it has seen of the host is part of the test."""
    shared_rig.bus.control.post("/reset").raise_for_status()
    shared_rig.directory.empty()
    host.control.delete("/cycles")
    with shared_rig.worker(tmp_path / "state", **QUICKLY):
        shared_rig.reported()
        yield shared_rig
        host.set(hang="", answers="whole")


def hindrance(rig: Rig, problem: str) -> SyncHindrance:
    """Waits until a sign of life says that this is in the way."""

    def said() -> list[SyncHindrance]:
        newest = [one.hindrance for one in rig.reports()[-1:] if one.hindrance]
        return [one for one in newest if one.problem == problem]

    wait_until(lambda: bool(said()))
    return said()[0]


def cycles(host: ConnectHost) -> int:
    return len(host.control.get("/cycles").json())


@pytest.mark.parametrize("hang", ["cmdlet", "answer", "trickle"])
def test_while_it_hangs_people_are_written_and_it_is_said_since_when(
    rig: Rig, host: ConnectHost, hang: str
) -> None:
    host.set(hang=hang)
    first = command(by_name("rolf"))
    rig.send(first)
    rig.answer(first, "pending")
    since = hindrance(rig, "hangs").since
    assert since >= first.issued_at
    late = command(by_name("xenia"))
    rig.send(late)
    rig.answer(late, "pending")
    assert rig.directory.members() == ["rolf", "xenia"]
    reports = len(rig.reports())
    wait_until(lambda: len(rig.reports()) > reports + 2)
    assert hindrance(rig, "hangs").since == since
    host.set(hang="")
    for each in (first, late):
        rig.answer(each, "succeeded")
    wait_until(lambda: rig.reports()[-1].hindrance is None)


@pytest.mark.parametrize("answers", ["cut", "empty"])
def test_answers_that_are_cut_short_are_a_host_out_of_reach(
    rig: Rig, host: ConnectHost, answers: str
) -> None:
    host.set(answers=answers)
    add = command(by_name("rolf"))
    rig.send(add)
    rig.answer(add, "pending")
    hindrance(rig, "unreachable")
    host.set(answers="whole")
    rig.answer(add, "succeeded")


def test_nobody_starts_a_cycle_while_the_scheduler_is_off(rig: Rig, host: ConnectHost) -> None:
    host.set(schedulerOff=True)
    add = command(by_name("rolf"))
    rig.send(add)
    rig.answer(add, "pending")
    hindrance(rig, "scheduler-off")
    time.sleep(A_WHILE)
    assert cycles(host) == 0
    host.set(schedulerOff=False)
    rig.answer(add, "succeeded")
    assert cycles(host) == 1


def test_other_forests_that_are_down_cost_nobody_a_cycle_however_many_runs_they_have(
    rig: Rig, host: ConnectHost
) -> None:
    # Of one cycle more runs than are asked for at once.
    host.set(connectors={f"forest-{number}.test": "no-start-connection" for number in range(50)})
    sessions = host.control.get("/state").json()["sessions"]
    add = command(by_name("rolf"))
    rig.send(add)
    final = rig.answer(add, "succeeded")
    assert final.sync.detail
    assert "forest-49.test, Export: no-start-connection" in final.sync.detail
    time.sleep(A_WHILE)
    assert cycles(host) == 1
    assert host.control.get("/state").json()["sessions"] == sessions + 1


@pytest.mark.parametrize("connector", [AD_CONNECTOR, TENANT_CONNECTOR])
def test_what_carries_the_change_is_not_tried_again_at_once_and_the_schedulers_cycle_counts(
    rig: Rig, host: ConnectHost, connector: str
) -> None:
    host.set(connectors={connector: "stopped-server-down"})
    add = command(by_name("rolf"))
    rig.send(add)
    failed = rig.answer(add, "failed")
    assert failed.sync.problem == "cycle-failed"
    assert connector in (failed.sync.detail or "")
    time.sleep(A_WHILE)
    assert cycles(host) == 1
    host.set(connectors={})
    host.sync()
    rig.answer(add, "succeeded")
    assert [one["trigger"] for one in host.control.get("/cycles").json()] == ["cmdlet", "control"]


def test_a_host_that_speaks_another_language_is_told_by_what_its_scheduler_says(
    rig: Rig, host: ConnectHost
) -> None:
    host.set(foreignLanguage=True, busy=True)
    add = command(by_name("rolf"))
    rig.send(add)
    rig.answer(add, "pending")
    host.set(suspended=True, busy=False)
    hindrance(rig, "suspended")
    host.set(suspended=False)
    rig.answer(add, "succeeded")


def test_a_cycle_that_imported_from_another_controller_is_left_for_entra_to_show(
    rig: Rig, host: ConnectHost
) -> None:
    host.set(lastController="dc2.corp.contoso.test")
    add = command(by_name("rolf"))
    rig.send(add)

    def told() -> list[str | None]:
        return [result.sync.problem for result in rig.results(add.command_key)]

    wait_until(lambda: "other-controller" in told())
    rig.wait_until_done()
    time.sleep(A_WHILE)
    assert (cycles(host), told()[-1]) == (1, "other-controller")


def test_a_keytab_is_enough_to_sign_in_there(
    shared_rig: Rig, host: ConnectHost, tmp_path: Path
) -> None:
    rig = replace(shared_rig, environment=by_keytab(shared_rig.environment))
    add = command(by_name("tweedledee"))
    # A proxy of the machine's is for the internet, not for the host next door.
    with rig.worker(tmp_path / "state", HTTPS_PROXY="http://127.0.0.1:9"):
        rig.send(add)
        rig.answer(add, "succeeded")
    assert cycles(host) > 0
