"""Workers that are killed, stopped and started again: nobody is lost, nobody is added twice."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sandbox.testing import domain_controller_process
from sandbox.testing.connect_host_process import ConnectHost
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.relay import relaying
from sandbox.testing.waiting import PATIENCE, wait_until
from shared.contracts.messages.directory_result import SyncState
from shared.domain.person.writes import ScopeAction, WriteOutcome
from tests.support.worker_process import (
    NO_SYNC,
    OFTEN,
    QUEUES,
    Rig,
    by_name,
    command,
    directory_environment,
    running_controller,
    running_rig,
    sync_environment,
)

LOCK = 60
"""Seconds; where one has to end, `lapsed` ends it, and else no machine is so slow."""
PATIENT = QUEUES | {"directory-commands": {"lockDurationSeconds": LOCK, "maxDeliveryCount": 5}}


@pytest.fixture
def rig(controller: Controller, host: ConnectHost, tmp_path: Path) -> Iterator[Rig]:
    """A bus for every test: what a killed worker leaves locked is nobody else's."""
    environment = directory_environment(controller, "kerberos") | sync_environment(host)
    with running_rig(tmp_path / "bus", controller, environment, queues=PATIENT) as rig:
        rig.directory.empty()
        yield rig


def kill(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait(PATIENCE)


def lapsed(rig: Rig, queue: str, operation: str) -> None:
    """The killed worker is gone for Service Bus too, and so are its locks after a while."""
    wait_until(lambda: rig.bus.waiting(queue, operation) == 0)
    rig.bus.release(queue, operation)
    rig.bus.fault("locks-lapse", "directory-commands")


def test_killed_between_the_write_and_the_answer_it_answers_done_after_the_restart(
    rig: Rig, tmp_path: Path
) -> None:
    add = command(by_name("rolf", "xenia"))
    with rig.worker(tmp_path / "state") as worker:
        rig.reported()
        rig.bus.hold("directory-results", "send")
        rig.send(add)
        wait_until(lambda: rig.bus.waiting("directory-results", "send") > 0)
        assert rig.directory.members() == ["rolf", "xenia"]
        kill(worker)
    assert rig.results(add.command_key) == []
    lapsed(rig, "directory-results", "send")
    with rig.worker(tmp_path / "state"):
        final = rig.answer(add, "succeeded")
        rig.wait_until_done()
    assert {member.outcome for member in final.members} == {WriteOutcome.DONE}
    assert rig.directory.members() == ["rolf", "xenia"]


def test_killed_between_the_answer_and_the_completion_it_repeats_the_same_answer(
    rig: Rig, host: ConnectHost, tmp_path: Path
) -> None:
    rig.bus.hold("directory-commands", "settle")
    add = command(by_name("rolf"))
    rig.send(add)
    with rig.worker(tmp_path / "state") as worker:
        wait_until(lambda: rig.bus.waiting("directory-commands", "settle") > 0)
        kill(worker)
    assert [result.sync.state for result in rig.results(add.command_key)] == ["pending"]
    lapsed(rig, "directory-commands", "settle")
    cycles = len(host.control.get("/cycles").json())
    with rig.worker(tmp_path / "state"):
        # The command is let go of before its sync has ended.
        rig.answer(add, "succeeded")
        rig.wait_until_done()
    told = [result.sync.state for result in rig.results(add.command_key)]
    assert told == ["pending", "succeeded"]
    # The repetition carried the same message id, so Service Bus dropped it as a duplicate.
    assert rig.bus.counts("directory-results")["totals"]["duplicates"] == 1
    assert len(host.control.get("/cycles").json()) == cycles + 1
    assert rig.bus.counts("directory-commands")["totals"]["expiredLocks"] == 1


def test_what_keeps_a_sync_back_is_told_and_the_sync_stays_owed_across_a_restart(
    rig: Rig, host: ConnectHost, tmp_path: Path
) -> None:
    host.set(staging=True)
    impatient = {"SSPR_WORKER_SYNC_EXPLAIN_AFTER": "1", "SSPR_WORKER_SYNC_PATIENCE": "8"}
    add = command(by_name("rolf"))
    rig.send(add)
    with rig.worker(tmp_path / "state", **impatient):
        rig.wait_until_done()
        rig.answer(add, "failed")
    told = [(result.sync.state, result.sync.problem) for result in rig.results(add.command_key)]
    assert told == [("pending", None), ("pending", "staging"), ("failed", "staging")]
    host.set(staging=False)
    with rig.worker(tmp_path / "state"):
        final = rig.answer(add, "succeeded")
    assert [member.outcome for member in final.members] == [WriteOutcome.DONE]


def test_a_command_is_let_go_while_its_sync_is_owed_and_a_restart_pays_the_debt(
    rig: Rig, host: ConnectHost, tmp_path: Path
) -> None:
    """Given a sync that is suspended, when the worker stops, then nothing is locked or counted."""
    host.set(suspended=True)
    add = command(by_name("rolf"))
    rig.send(add)
    with rig.worker(tmp_path / "state") as worker:
        rig.answer(add, "pending")
        rig.wait_until_done()
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0
    totals = rig.bus.counts("directory-commands")["totals"]
    assert (totals["completed"], totals["expiredLocks"], totals["abandoned"]) == (1, 0, 0)
    host.set(suspended=False)
    with rig.worker(tmp_path / "state"):
        final = rig.answer(add, "succeeded")
    assert [member.outcome for member in final.members] == [WriteOutcome.DONE]


def locks(rig: Rig) -> list[datetime]:
    """The ends of all locks that there are."""
    ends = [one["lockedUntil"] for one in rig.bus.messages("directory-commands")]
    return [datetime.fromisoformat(end) for end in ends if end]


def test_locks_are_kept_up_while_a_batch_takes_longer_than_they_last(
    rig: Rig, controller: Controller, tmp_path: Path
) -> None:
    """Given a controller that keeps the worker waiting, then no command comes a second time."""
    target = (controller.ready["address"], 636)
    with relaying(target) as relay:
        told = {
            "SSPR_WORKER_DIRECTORY_ADDRESS": "127.0.0.1",
            "SSPR_WORKER_DIRECTORY_PORT": str(relay.port),
        }
        with rig.worker(tmp_path / "state", **told):
            rig.reported()
            relay.hold()
            adds = [command(by_name(name)) for name in ("rolf", "xenia")]
            # Locks of twelve seconds, as it seems to the worker: renewed after two of them.
            rig.bus.fault("clock", seconds=12 - LOCK)
            rig.send(*adds)
            wait_until(lambda: len(locks(rig)) == 2)
            first = max(locks(rig))
            rig.bus.clear_faults()
            renewed = first + timedelta(seconds=LOCK / 2)
            wait_until(lambda: min(locks(rig)) > renewed)
            rig.bus.fault("clock", seconds=20)  # longer than those locks would have lasted
            relay.flow()
            for add in adds:
                rig.answer(add, "succeeded")
            rig.wait_until_done()
    totals = rig.bus.counts("directory-commands")["totals"]
    assert (totals["completed"], totals["expiredLocks"], totals["abandoned"]) == (2, 0, 0)


def test_adds_and_removes_by_simple_bind_and_leaves_the_sync_to_the_scheduler(
    rig: Rig, host: ConnectHost, controller: Controller, tmp_path: Path
) -> None:
    cycles = len(host.control.get("/cycles").json())
    by_password = replace(rig, environment=directory_environment(controller, "simple") | NO_SYNC)
    add, remove = command(by_name("rolf", "xenia")), command(by_name("rolf"), ScopeAction.REMOVE)
    # Another way to name the same group, too.
    name = {"SSPR_WORKER_DIRECTORY_SCOPE_GROUP": "SSPR-Enabled-Users"}
    with by_password.worker(tmp_path / "state", **name):
        by_password.send(add)
        told = by_password.answer(add, "pending")
        by_password.send(remove)
        by_password.wait_until_done()
    assert told.sync.problem == "left-to-scheduler"
    assert rig.directory.members() == ["xenia"]
    assert len(host.control.get("/cycles").json()) == cycles


def test_while_ad_is_away_the_worker_stays_says_so_and_takes_nothing(
    rig: Rig, tmp_path: Path
) -> None:
    nobody_there = {"SSPR_WORKER_DIRECTORY_ADDRESS": "127.0.0.1", "SSPR_WORKER_DIRECTORY_PORT": "9"}
    add = command(by_name("rolf"))
    rig.send(add)
    with rig.worker(tmp_path / "state", **nobody_there, **OFTEN) as worker:
        rig.reported(directory_answers=False)
        wait_until(lambda: len(rig.reports()) > 1)
        assert worker.poll() is None
    (waiting,) = rig.bus.messages("directory-commands")
    assert waiting["deliveryCount"] == 0


def test_a_sign_of_life_comes_at_the_start_and_soon_after_the_sync_is_another(
    rig: Rig, tmp_path: Path
) -> None:
    add = command(by_name("rolf"))
    with rig.worker(tmp_path / "state"):
        first = rig.reported()
        rig.send(add)
        second = rig.reported(sync=SyncState.SUCCEEDED)
        told = rig.answer(add, "succeeded")
    assert rig.reports() == [first, second]
    assert second.sync == told.sync
    assert second.worker == told.worker == "worker-1"


def test_an_idle_worker_says_that_ad_went_away_and_that_it_came_back(tmp_path: Path) -> None:
    address = domain_controller_process.free_address()
    with ExitStack() as first:
        controller = first.enter_context(running_controller(tmp_path / "dc", address=address))
        environment = directory_environment(controller, "kerberos") | NO_SYNC | OFTEN
        with (
            running_rig(tmp_path / "bus", controller, environment) as rig,
            rig.worker(tmp_path / "state"),
        ):
            rig.reported()
            first.close()
            rig.reported(directory_answers=False)
            with running_controller(tmp_path / "dc", address=address):
                rig.reported()
