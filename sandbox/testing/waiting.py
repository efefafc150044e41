"""Waiting for what other processes do."""

import time
from collections.abc import Callable

PATIENCE = 60
"""Seconds; what is waited for comes within one or two where nothing else uses the machine."""
_PAUSE = 0.05


def wait_until(condition: Callable[[], bool], state: Callable[[], str] = lambda: "") -> None:
    """Look until it is so; `state` tells of a failure what there was to see."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited {PATIENCE} s in vain: {state()}"
        time.sleep(_PAUSE)
