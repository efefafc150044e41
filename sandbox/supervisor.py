"""Start the parts, wait until each is ready, stop them so that none is left behind."""

import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from sandbox.layout import Layout
from sandbox.parts import STAGES, Part, belongs, part
from sandbox.private_file import write_private
from sandbox.processes import lives, wait_for_ends

READY_SECONDS = 180
"""The first start installs Azurite and provisions a domain."""
STOP_SECONDS = 20
_OWNERS_ONLY = 0o077
"""What the parts write holds keys and passwords."""


class PartFailedError(Exception):
    """A part ended, or did not become ready; the text has the end of its log."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process we started; its creation time tells it from a later one with the same id."""

    name: str
    pid: int
    created: float

    def process(self) -> psutil.Process | None:
        """The process, or None where it has ended."""
        try:
            process = psutil.Process(self.pid)
            ours = process.create_time() == self.created
        except psutil.NoSuchProcess:
            return None
        return process if ours and lives(process) else None


def start(
    layout: Layout,
    *,
    without: Sequence[str] = (),
    tell: Callable[[str, float], None] = lambda _name, _seconds: None,
) -> None:
    """Start every part that does not run, stage by stage.

    Args:
        layout: of this sandbox.
        without: names of parts to leave out.
        tell: called with a part's name and the seconds it took to become ready.

    Raises:
        PartFailedError: naming the part, with the end of its log.
    """
    layout.logs.mkdir(parents=True, exist_ok=True)
    if not layout.signing_key.exists():
        write_private(layout.signing_key, secrets.token_bytes(32))
    announced: dict[str, Any] = {}
    for stage in STAGES:
        names = [name for name in stage if name not in without and belongs(name, layout)]
        chosen = [part(name, layout, announced) for name in names]
        for one in chosen:
            if one.name not in running(layout):
                launch(one, layout)
        for one in chosen:
            began = time.monotonic()
            announced[one.name] = _wait_until_ready(one, layout)
            tell(one.name, time.monotonic() - began)


def launch(chosen: Part, layout: Layout) -> Running:
    """Start one part in a session of its own, so that it outlives this process."""
    with (
        _announcement(chosen.name, layout).open("w") as out,
        (layout.logs / f"{chosen.name}.log").open("a") as log,
    ):
        process = subprocess.Popen(
            chosen.arguments,
            env={**os.environ, **chosen.environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
            start_new_session=True,
            umask=_OWNERS_ONLY,
        )
    # The process is waited for by its id, across invocations of this command.
    process.returncode = 0
    started = Running(chosen.name, process.pid, psutil.Process(process.pid).create_time())
    _remember(layout, {**_remembered(layout), chosen.name: [started.pid, started.created]})
    return started


def running(layout: Layout) -> dict[str, psutil.Process]:
    """The parts that run now."""
    found = (Running(name, pid, created) for name, (pid, created) in _remembered(layout).items())
    return {one.name: process for one in found if (process := one.process())}


def stop(layout: Layout, names: Sequence[str] | None = None) -> None:
    """Stop parts, the last started first: politely, then by force; their children with them."""
    alive = running(layout)
    for stage in reversed(STAGES):
        chosen = [alive[n] for n in stage if n in alive and (names is None or n in names)]
        families = [child for process in chosen for child in process.children(recursive=True)]
        for process in chosen:
            process.send_signal(signal.SIGTERM)
        stubborn = wait_for_ends([*chosen, *families], STOP_SECONDS)
        for process in stubborn:
            process.kill()
        wait_for_ends(stubborn, STOP_SECONDS)


def kill(layout: Layout, name: str) -> None:
    """End one part at once with all its processes, as a power cut would."""
    if process := running(layout).get(name):
        # Stopped first, it starts no further one between the look and the end.
        process.suspend()
        family = [process, *process.children(recursive=True)]
        for one in family:
            one.kill()
        wait_for_ends(family, STOP_SECONDS)


def terminate(layout: Layout, name: str) -> None:
    """Ask one part to end, as a scale-in or a new version does, and leave it to it how.

    Raises:
        psutil.TimeoutExpired: it has not.
    """
    if process := running(layout).get(name):
        process.terminate()
        process.wait(STOP_SECONDS)


def erase(layout: Layout) -> None:
    """Stop everything and forget all that was stored, but not what was downloaded."""
    stop(layout)
    shutil.rmtree(layout.state)


def announcement(layout: Layout, name: str) -> dict[str, Any]:
    """What a part said when it became ready; empty where it has not."""
    file = _announcement(name, layout)
    line = file.read_text().partition("\n") if file.exists() else ("", "", "")
    value: dict[str, Any] = json.loads(line[0]) if line[1] else {}
    return value


def _wait_until_ready(chosen: Part, layout: Layout) -> dict[str, Any]:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if not chosen.announces:
            return {}
        if said := announcement(layout, chosen.name):
            return said
        if chosen.name not in running(layout):
            break
        time.sleep(0.05)
    log = (layout.logs / f"{chosen.name}.log").read_text().splitlines()[-15:]
    raise PartFailedError("\n".join([f"{chosen.name} did not start:", *log]))


def _announcement(name: str, layout: Layout) -> Path:
    return layout.state / f"{name}.ready"


def _remembered(layout: Layout) -> dict[str, tuple[int, float]]:
    file = layout.state / "processes.json"
    value: dict[str, tuple[int, float]] = json.loads(file.read_text()) if file.exists() else {}
    return value


def _remember(layout: Layout, processes: dict[str, Any]) -> None:
    (layout.state / "processes.json").write_text(json.dumps(processes))
