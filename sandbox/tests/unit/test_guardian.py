"""Whatever a process starts under guard is gone when it is, however it went."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sandbox.processes import lives
from sandbox.testing.repository import ROOT
from sandbox.testing.waiting import wait_until

# A child that starts a child of its own in another session, and does not listen to SIGTERM.
STUBBORN = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"], start_new_session=True)
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""
GUARDED = f"""
import pathlib, subprocess, sys, time
from sandbox import guardian
guardian.unwind_on_signals()
with guardian.guarded(polite_seconds=0.3) as guard:
    command = [sys.executable, "-c", {STUBBORN!r}, sys.argv[1]]
    child = subprocess.Popen(command, start_new_session=True)
    # Whoever is told to end while it starts cannot show what becomes of its own child.
    while not (note := pathlib.Path(sys.argv[1])).exists() or not note.read_text():
        time.sleep(0.05)
    print(child.pid, flush=True)
    if sys.argv[2] == "release":
        guard.release()
    if sys.argv[2] == "wait":
        time.sleep(600)
"""


class Family:
    """A guarded process with a child and a grandchild."""

    def __init__(self, folder: Path, how: str) -> None:
        note = folder / "grandchild"
        self.process = subprocess.Popen(
            # Whoever runs in the background of a script was told to ignore SIGINT.
            ["env", "--default-signal=INT", sys.executable, "-c", GUARDED, note, how],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )
        assert self.process.stdout
        child = int(self.process.stdout.readline())
        wait_until(lambda: note.exists() and note.read_text() != "")
        self.descendants = [psutil.Process(child), psutil.Process(int(note.read_text()))]

    def is_gone(self) -> bool:
        return not any(lives(one) for one in self.descendants)

    def end(self) -> None:
        for one in filter(lives, self.descendants):
            one.kill()
        self.process.kill()
        self.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_nobody_is_left_after_a_signal(tmp_path: Path, number: int) -> None:
    family = Family(tmp_path, "wait")
    try:
        # As a terminal does it: to the whole group, which the guardian is not in.
        os.killpg(family.process.pid, number)
        wait_until(family.is_gone)
        assert family.process.wait(30) != 0
    finally:
        family.end()


def test_nobody_is_left_after_a_quiet_end(tmp_path: Path) -> None:
    family = Family(tmp_path, "end")
    try:
        assert family.process.wait(30) == 0
        assert family.is_gone()
    finally:
        family.end()


def test_what_was_released_goes_on(tmp_path: Path) -> None:
    family = Family(tmp_path, "release")
    try:
        assert family.process.wait(30) == 0
        assert not family.is_gone()
    finally:
        family.end()
