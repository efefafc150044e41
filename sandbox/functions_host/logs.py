"""Log lines: one per event, to standard error, carrying the invocation they belong to."""

import logging
import sys
import time

from azure_functions_runtime import invocation_id_cv


class _Lines(logging.Formatter):
    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        record.invocation = invocation_id_cv.get() or "-"
        return super().format(record)


def to_standard_error() -> None:
    """Send everything from INFO up to standard error; SDKs and the runtime from WARNING up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Lines("%(asctime)s %(levelname)-8s %(name)s [%(invocation)s] %(message)s")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for noisy in ("azure", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
