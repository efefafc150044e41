"""One sandbox for all tests of this folder, from an empty folder to nothing left behind.

It goes when they are over: its timers would take processor time from the tests that follow.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox import supervisor
from sandbox.company import build_company
from sandbox.console import Console
from sandbox.layout import Layout, Sync, open_layout
from tests.support.rig import LOCK_SECONDS, NORMAL, People, Rig
from tests.support.rollout_rig import RolloutRig
from tests.support.typed_page import Operator

SIZE = 300
FEW = 60
"""People where each of them is looked at."""
_TAIL = 15


@pytest.fixture(scope="package")
def layout(request: pytest.FixtureRequest) -> Iterator[Layout]:
    with _sandbox(request) as layout:
        yield layout


@contextmanager
def _sandbox(
    request: pytest.FixtureRequest,
    sync: Sync = "connect",
    settings: Mapping[str, str] | None = None,
    *,
    power_cuts: bool = True,
    size: int = SIZE,
) -> Iterator[Layout]:
    """A sandbox with these settings of the app; with locks of seconds where parts are killed."""
    # A socket's path holds 108 bytes, and Samba puts several below its state folder.
    state = Path(tempfile.mkdtemp(prefix="sspr-"))
    layout = open_layout(state, size, sync)
    if power_cuts:
        _shorten_locks(layout)
    layout.app_settings.write_text(json.dumps(settings or {}))
    failed = request.session.testsfailed
    try:
        supervisor.start(layout)
        yield layout
    finally:
        supervisor.stop(layout)
        if request.session.testsfailed > failed:
            _show_logs(layout, request.config)
        left = supervisor.running(layout)
        shutil.rmtree(state)
    assert not left


def _at_its_quickest(console: Console) -> None:
    lags = {"reportLagSeconds": 0.3, "indexLagSeconds": 0.3}
    console.tenant.post("/sandbox/settings", json=lags).raise_for_status()
    # Timers that run every few seconds instead of minutes would use up what Graph allows.
    console.tenant.post("/sandbox/quotas", json={"factor": 20}).raise_for_status()
    quickest = {"intervalSeconds": 1.0} if console.layout.sync == "cloud" else NORMAL
    console.connect.post("/conditions", json=quickest).raise_for_status()


@pytest.fixture(scope="package")
def shared_rig(layout: Layout) -> Iterator[Rig]:
    with Console(layout) as console:
        _at_its_quickest(console)
        yield Rig(layout, console)


@contextmanager
def _stage(
    request: pytest.FixtureRequest, sync: Sync = "connect", *, size: int = SIZE, **more: Any
) -> Iterator[RolloutRig]:
    """A sandbox at its quickest, and the rollout in it."""
    with _sandbox(request, sync, size=size, **more) as layout, Console(layout) as console:
        _at_its_quickest(console)
        yield RolloutRig(Rig(layout, console), People(build_company(size)))


@pytest.fixture(scope="package")
def rollout_stage(request: pytest.FixtureRequest) -> Iterator[RolloutRig]:
    """A sandbox of its own: a rollout says of everybody in it whether they are to be in scope."""
    with _stage(request) as stage:
        yield stage


@pytest.fixture(scope="module")
def cloud_stage(request: pytest.FixtureRequest) -> Iterator[RolloutRig]:
    """A sandbox with Entra Cloud Sync, whose agents read AD every second."""
    with _stage(request, "cloud") as stage:
        yield stage


@pytest.fixture(scope="module")
def idle_stage(request: pytest.FixtureRequest) -> Iterator[RolloutRig]:
    """A sandbox whose worker leaves the sync to the scheduler of Entra Connect."""
    with _stage(request, "none") as stage:
        yield stage


@pytest.fixture(scope="module")
def wary_stage(request: pytest.FixtureRequest) -> Iterator[RolloutRig]:
    """A sandbox whose app writes three people an hour unasked, each way."""
    most = {"SSPR_ADDITIONS_PER_HOUR": "3", "SSPR_REMOVALS_PER_HOUR": "3"}
    with _stage(request, settings=most, power_cuts=False) as stage:
        yield stage


@pytest.fixture(scope="module")
def lost_stage(request: pytest.FixtureRequest) -> Iterator[RolloutRig]:
    """A sandbox whose ledger is copied back, emptied and deleted: nobody else could use it."""
    with _stage(request) as stage:
        yield stage


@pytest.fixture(scope="module")
def moving_stage(request: pytest.FixtureRequest) -> Iterator[RolloutRig]:
    """A sandbox of few people, in which SSPR's own scope moves: that is everybody's."""
    with _stage(request, size=FEW, power_cuts=False) as stage:
        yield stage


@pytest.fixture
def stage(rollout_stage: RolloutRig) -> RolloutRig:
    """That sandbox with every part up, and whatever rollout there was aborted."""
    rollout_stage.make_ready()
    return rollout_stage


@pytest.fixture
def on_call(stage: RolloutRig, tmp_path: Path) -> Operator:
    """Whoever is on call for that sandbox, with the runbook and a folder of their own."""
    return Operator(stage.rig.layout, tmp_path)


@pytest.fixture(scope="module")
def fresh_layout(request: pytest.FixtureRequest) -> Iterator[Layout]:
    """A sandbox in which nothing has happened, as whoever follows the documentation has it."""
    with _sandbox(request) as layout:
        yield layout


@pytest.fixture
def rig(shared_rig: Rig) -> Rig:
    """The sandbox with every part up, whatever the test before did to it."""
    shared_rig.start()
    return shared_rig


@pytest.fixture(scope="package")
def people() -> People:
    return People(build_company(SIZE))


def _shorten_locks(layout: Layout) -> None:
    """What a killed process held comes again in seconds, not in minutes."""
    queues = json.loads(layout.queues.read_text())
    for settings in queues.values():
        settings["lockDurationSeconds"] = LOCK_SECONDS
    (layout.state / "queues.json").write_text(json.dumps(queues))


def _show_logs(layout: Layout, config: pytest.Config) -> None:
    # By the terminal's own writer: what a session's fixture prints is shown with no test.
    terminal = config.get_terminal_writer()
    for log in sorted(layout.logs.iterdir()):
        tail = log.read_text().splitlines()[-_TAIL:]
        terminal.write("\n".join(["", f"--- {log.name}", *tail]))
