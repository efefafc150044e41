"""Following something until it is where it should be: one loop for people, rollout, operations."""

import math
import time
from collections.abc import Callable

from cli.exits import Failure, Status
from cli.terminal import tell


def follow[T](
    look: Callable[[], T],
    show: Callable[[T], None],
    judge: Callable[[T], Status | None],
    *,
    timeout: float | None,
    interval: float = 1.0,
) -> tuple[T, Status]:
    """Looks again every `interval` seconds until `judge` says how it ended.

    An app that cannot be reached for a while does not end it, once there was a first look.

    Args:
        look: reads what is to be seen.
        show: shows it, each time.
        judge: how it ended; None where it goes on.
        timeout: most seconds; None: no end.
        interval: seconds between two looks.

    Returns:
        The last look, and how it ended.
    """
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    seen = look()
    while True:
        show(seen)
        status = judge(seen)
        if status is not None:
            return seen, status
        left = deadline - time.monotonic()
        if left <= 0:
            return seen, Status.TIMEOUT
        time.sleep(min(interval, left))
        seen = _again(look, seen)


def _again[T](look: Callable[[], T], before: T) -> T:
    try:
        return look()
    except Failure as problem:
        if problem.status is not Status.UNREACHABLE:
            raise
        tell(str(problem))
        return before
