"""Ends whatever a process has started, once that process is gone, however it went.

Everything started within `guarded` inherits a mark in its environment. A guardian, in a session of
its own where neither Ctrl-C nor a closed terminal reaches it, waits for the other end of a pipe to
close, which the kernel sees to even at SIGKILL, and ends whoever bears the mark.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

import psutil

MARKS = "SANDBOX_GUARDED_BY"
"""The environment variable with the marks, separated by colons: guards may lie within guards."""
_KILLED_SECONDS = 5
_POLL_SECONDS = 0.1
_ROUNDS = 3
"""Whoever is told to end may start something more; nobody is waited for without end."""
_RELEASED = b"released"


class Guard:
    """What is started is ended at the end, unless it is let go on."""

    def __init__(self, mark: str, polite_seconds: float) -> None:
        self._guardian = subprocess.Popen(
            [sys.executable, "-m", "sandbox.guardian", mark, str(polite_seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def release(self) -> None:
        """Let what was started outlive this process."""
        self._guardian.communicate(_RELEASED)

    def end(self) -> None:
        """End what is left, as if this process ended here; waits until it is gone."""
        self._guardian.communicate()


@contextmanager
def guarded(polite_seconds: float = 20) -> Iterator[Guard]:
    """Guard what is started within; nothing of it is left afterwards, unless it was released.

    Args:
        polite_seconds: how long whoever is told to end may take before it is killed.
    """
    before, mark = os.environ.get(MARKS), uuid4().hex
    guard = Guard(mark, polite_seconds)
    os.environ[MARKS] = f"{before}:{mark}" if before else mark
    try:
        yield guard
    finally:
        if before is None:
            del os.environ[MARKS]
        else:
            os.environ[MARKS] = before
        guard.end()


def unwind_on_signals() -> None:
    """Have SIGTERM and a closed terminal do what Ctrl-C does: unwind, and clean up on the way."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)


def end_all(mark: str, polite_seconds: float) -> None:
    """End every process that bears the mark: politely, then by force, and what those started."""
    for _ in range(_ROUNDS):
        for process in _bearers(mark):
            with suppress(psutil.NoSuchProcess):
                process.terminate()
        _wait_for_none(mark, polite_seconds)
        for process in _bearers(mark):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        if _wait_for_none(mark, _KILLED_SECONDS):
            return


def _wait_for_none(mark: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _bearers(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _bearers(mark: str) -> list[psutil.Process]:
    """Whoever bears the mark and lives: what has ended and waits for its parent does neither."""
    return [one for one in psutil.process_iter() if one.pid != os.getpid() and _bears(one, mark)]


def _bears(process: psutil.Process, mark: str) -> bool:
    with suppress(psutil.Error, OSError):
        return mark in process.environ().get(MARKS, "").split(":")
    return False


def main() -> None:
    """Wait for the guarded process to end or to release what it started."""
    if sys.stdin.buffer.read() != _RELEASED:
        end_all(sys.argv[1], float(sys.argv[2]))


if __name__ == "__main__":
    main()
