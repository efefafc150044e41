"""Log lines: one per event, to standard error, carrying the invocation they belong to."""

import logging
import sys
import time
from collections.abc import Callable


class _Lines(logging.Formatter):
    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, invocation: Callable[[], str | None]) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(name)s [%(invocation)s] %(message)s")
        self._invocation = invocation

    def format(self, record: logging.LogRecord) -> str:
        record.invocation = self._invocation() or "-"
        return super().format(record)


def to_standard_error(invocation: Callable[[], str | None] = lambda: None) -> None:
    """Send everything from INFO up to standard error; SDKs and the runtime from WARNING up.

    Args:
        invocation: Tells the invocation that a line belongs to.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(invocation))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("azure", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
