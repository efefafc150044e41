"""Processes that this one did not start itself: who lives, and waiting for their end.

What has ended stays in the list until its parent asks for it. In a container whose first process is
no init, nobody ever asks for an orphan.
"""

import time
from collections.abc import Iterable

import psutil

_PAUSE = 0.1


def lives(process: psutil.Process | int) -> bool:
    """Whether it still does something."""
    try:
        known = psutil.Process(process) if isinstance(process, int) else process
        return known.is_running() and known.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def children(of: int | None = None, *, and_theirs: bool = False) -> list[psutil.Process]:
    """Find the children that live.

    Args:
        of: whose; this process's, where it is not said.
        and_theirs: with whatever those have started.
    """
    return [one for one in psutil.Process(of).children(recursive=and_theirs) if lives(one)]


def command_line(process: psutil.Process) -> list[str]:
    """Read the words that it was started with; none where it has ended meanwhile.

    A process may end between any two questions about it.
    """
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def wait_for_ends(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until all have ended, or for so long; those that still live then."""
    deadline = time.monotonic() + seconds
    left = list(processes)
    while left:
        # What is a child of this process is asked for here.
        _, there = psutil.wait_procs(left, timeout=_PAUSE)
        left = [process for process in there if lives(process)]
        if time.monotonic() > deadline:
            break
    return left
