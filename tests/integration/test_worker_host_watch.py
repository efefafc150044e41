"""A worker process looks at a real Connect host through its endpoint, and the doctor judges it."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.testing.connect_host_process import ConnectHost
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.waiting import wait_until
from shared.contracts.messages.host_report import HostReport
from shared.contracts.messages.worker_report import WorkerReport
from shared.use_cases.views.examine import examine
from shared.use_cases.writing.record_results import record_results
from tests.support.stage import a_stage, messages
from tests.support.worker_process import (
    OFTEN,
    Rig,
    directory_environment,
    running_rig,
    sync_environment,
)

pytestmark = pytest.mark.usefixtures("started")
ALWAYS = {"SSPR_WORKER_SYNC_LOOK_EVERY": "1"}
WELL: dict[str, Any] = {
    "writeback": True,
    "serviceStopped": False,
    "heartbeatSilent": False,
    "logUnreadable": False,
}


@pytest.fixture(scope="module")
def shared_rig(
    controller: Controller, shared_host: ConnectHost, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    environment = directory_environment(controller, "simple") | sync_environment(shared_host)
    bus = tmp_path_factory.mktemp("bus")
    with running_rig(bus, controller, {**environment, **OFTEN, **ALWAYS}) as rig:
        yield rig


@pytest.fixture(scope="module")
def started(shared_rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One worker for all tests here, which looks at the host every second."""
    with shared_rig.worker(tmp_path_factory.mktemp("worker")):
        yield


@pytest.fixture
def rig(shared_rig: Rig, host: ConnectHost) -> Rig:
    """Beside a host that is well, and whose log is empty but for what it writes by itself."""
    host.set(**WELL)
    host.control.delete("/events").raise_for_status()
    shared_rig.bus.control.post("/reset").raise_for_status()
    return shared_rig


def seen(rig: Rig, fits: Callable[[HostReport], bool]) -> WorkerReport:
    """The newest sign of life, once it tells that of the host."""

    def newest() -> WorkerReport | None:
        reports = rig.reports()
        return reports[-1] if reports and reports[-1].host and fits(reports[-1].host) else None

    wait_until(lambda: newest() is not None)
    found = newest()
    assert found
    return found


def judged(report: WorkerReport) -> dict[str, str]:
    """What each of the doctor's checks of the host says, once the app has taken the report in."""
    stage = a_stage()
    now = datetime.now(UTC)

    async def take_in() -> dict[str, str]:
        await record_results(messages(report.text()), stage.world, now)
        found = await examine(None, stage.world, now)
        return {one.check: one.verdict for one in found.findings if one.part == "host"}

    return asyncio.run(take_in())


def test_a_host_that_is_well_is_reported_as_that(rig: Rig) -> None:
    report = seen(rig, lambda told: told.heartbeat_at is not None)
    told = report.host
    assert told
    assert (told.problem, told.events_problem) == (None, None)
    assert (told.version, told.service, told.writeback_enabled) == ("2.5.190.0", "Running", True)
    assert (told.staging, told.scheduler_enabled, told.scheduler_suspended) == (False, True, False)
    assert set(judged(report).values()) == {"right"}


@pytest.mark.parametrize(
    ("condition", "fits", "check"),
    [
        ({"version": "2.5.3.0"}, lambda told: told.version == "2.5.3.0", "hostVersion"),
        ({"staging": True}, lambda told: told.staging is True, "hostScheduler"),
        ({"schedulerOff": True}, lambda told: told.scheduler_enabled is False, "hostScheduler"),
        ({"suspended": True}, lambda told: told.scheduler_suspended is True, "hostScheduler"),
        ({"writeback": False}, lambda told: told.writeback_enabled is False, "hostWriteback"),
        ({"serviceStopped": True}, lambda told: told.service == "Stopped", "hostService"),
    ],
    ids=["too-old", "staging", "scheduler-off", "suspended", "no-writeback", "service-stopped"],
)
def test_what_is_wrong_with_the_host_is_reported_and_judged(
    rig: Rig,
    host: ConnectHost,
    condition: dict[str, Any],
    fits: Callable[[HostReport], bool],
    check: str,
) -> None:
    host.set(**condition)
    report = seen(rig, fits)
    assert judged(report)[check] == "wrong"


@pytest.mark.parametrize("event_id", [33004, 31034])
def test_events_of_writebacks_are_reported_by_their_numbers_and_judged(
    rig: Rig, host: ConnectHost, event_id: int
) -> None:
    # The one that is waited for comes last: the worker may look between the two.
    host.control.post("/events", json={"eventId": 31002, "count": 2}).raise_for_status()
    host.control.post("/events", json={"eventId": event_id, "count": 3}).raise_for_status()

    def counts(told: HostReport) -> dict[int, int]:
        return {one.event_id: one.count for one in told.events}

    report = seen(rig, lambda told: counts(told).get(event_id) == 3)
    assert report.host
    assert counts(report.host)[31002] == 2
    assert sum(hour.succeeded for hour in report.host.hours) == 2
    assert judged(report)["hostEvents"] == "wrong"


def test_a_log_that_may_not_be_read_is_said_and_makes_only_what_it_tells_unknown(
    rig: Rig, host: ConnectHost
) -> None:
    host.set(logUnreadable=True)
    report = seen(rig, lambda told: told.events_problem is not None)
    verdicts = judged(report)
    assert verdicts["hostEvents"] == "unknown"
    assert (verdicts["hostVersion"], verdicts["hostWriteback"]) == ("right", "right")


def test_a_host_that_does_not_answer_is_reported_as_that_and_the_worker_lives(
    rig: Rig, host: ConnectHost
) -> None:
    host.set(answers="cut")
    report = seen(rig, lambda told: told.problem is not None)
    assert report.directory_answers
    assert "right" not in judged(report).values()
