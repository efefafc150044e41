"""Service Bus in trouble, and the real worker process: what was to be done is done, and once."""

import subprocess
import time
from collections.abc import Iterator

import pytest

from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.waiting import wait_until
from tests.support.worker_faults import Counted, between, counted
from tests.support.worker_ordeal import FAULTS
from tests.support.worker_process import (
    NO_SYNC,
    OFTEN,
    QUEUES,
    Rig,
    by_name,
    command,
    directory_environment,
    running_rig,
)

REOPENED_SOON = {"SSPR_WORKER_SERVICE_BUS_REOPEN_AFTER": "5"}
AS_DEPLOYED = QUEUES | {
    "directory-commands": {"lockDurationSeconds": 10, "maxDeliveryCount": 10},
}
"""But for locks of a minute, for which no test waits."""
LASTS = 4.0
"""Seconds; the worker tries several times meanwhile."""


@pytest.fixture(scope="module")
def shared_rig(controller: Controller, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    environment = directory_environment(controller, "kerberos") | NO_SYNC | OFTEN | REOPENED_SOON
    folder = tmp_path_factory.mktemp("bus")
    with running_rig(folder, controller, environment, queues=AS_DEPLOYED) as rig:
        rig.directory.create("ferdinand")
        yield rig


@pytest.fixture(scope="module")
def worker(
    shared_rig: Rig, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[subprocess.Popen[bytes]]:
    """One process for all faults: what one leaves behind in it, the next one finds."""
    with shared_rig.worker(tmp_path_factory.mktemp("state")) as worker:
        shared_rig.reported()
        yield worker


@pytest.fixture
def rig(shared_rig: Rig, worker: subprocess.Popen[bytes]) -> Iterator[Rig]:
    shared_rig.directory.empty()
    yield shared_rig
    shared_rig.bus.clear_faults()
    assert worker.poll() is None


@pytest.mark.parametrize(
    ("fault", "queue", "role", "seconds"), FAULTS, ids=[f"{one[0]}-{one[2]}" for one in FAULTS]
)
def test_after_a_fault_everything_is_answered_and_nothing_lost_or_doubled(
    rig: Rig, fault: str, queue: str, role: str, seconds: float
) -> None:
    """Given commands before, under and after a fault, when it is over, then each is done once."""
    before, during, after = (command(by_name(name)) for name in ("ferdinand", "rolf", "xenia"))
    rig.send(before)
    rig.bus.fault(fault, queue, role, seconds)
    rig.send(during)
    time.sleep(LASTS)
    rig.bus.clear_faults()
    rig.send(after)
    assert counted(rig, [before, during, after]) == Counted(answered=3, lost=0, doubled=0)
    assert rig.directory.members() == ["ferdinand", "rolf", "xenia"]


def test_when_every_lock_lapses_a_command_comes_again_and_is_answered_from_the_journal(
    rig: Rig,
) -> None:
    """Given commands that are done but not let go, when their locks lapse, then once is enough."""
    adds = [command(by_name(name)) for name in ("rolf", "xenia")]
    with between(rig, "directory-commands", "settle"):
        rig.send(*adds)
        wait_until(lambda: rig.bus.waiting("directory-commands", "settle") > 0)
        rig.bus.fault("locks-lapse", "directory-commands")
    assert counted(rig, adds) == Counted(answered=2, lost=0, doubled=0)
    assert rig.bus.messages("directory-commands", dead_letters=True) == []


def test_a_clock_that_is_ahead_is_said_and_when_it_is_right_again_all_is_let_go(
    rig: Rig,
) -> None:
    """Given a clock ahead by more than a lock, then it is said, and is no longer when it is not."""
    rig.bus.fault("clock", seconds=-70)
    add = command(by_name("rolf"))
    rig.send(add)
    wait_until(lambda: any(report.clock_ahead for report in rig.reports()))
    rig.bus.clear_faults()
    rig.bus.fault("locks-lapse", "directory-commands")
    assert counted(rig, [add]) == Counted(answered=1, lost=0, doubled=0)
    wait_until(lambda: rig.reports()[-1].clock_ahead is None)
