"""Timers: each says when it is done, so that one that never gets there is missed."""

from collections.abc import Awaitable

from shared.domain.signals import Timer, TimerEnded
from shared.use_cases.signalling import emit


async def run_timer(timer: str, work: Awaitable[object]) -> None:
    """Carries out what a timer is for, and tells how it ended; what it raises is raised again.

    Args:
        timer: The name of its function.
        work: What it is for.
    """
    succeeded = False
    try:
        await work
        succeeded = True
    finally:
        emit([TimerEnded(timer=Timer(timer), succeeded=succeeded)])
