"""JSON lines on stderr, or in a file that is rotated: keys and GUIDs, never names of people."""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

import structlog

_LARGEST_FILE = 10 * 1024 * 1024
_OLDER_FILES = 8


def configure_logging(file: Path | None = None) -> None:
    """Sends this process's events and the libraries' warnings somewhere, one JSON line each.

    Args:
        file: Where to, with eight older ones of 10 MiB beside it; stderr, if none is named.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    handler = _handler(file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("hybrid_worker").setLevel(logging.INFO)
    # It reports every renewal and settlement that is tried again, which is the SDK's daily work.
    logging.getLogger("azure").setLevel(logging.ERROR)


def _handler(file: Path | None) -> logging.Handler:
    if file is None:
        return logging.StreamHandler(sys.stderr)
    return RotatingFileHandler(
        file, maxBytes=_LARGEST_FILE, backupCount=_OLDER_FILES, encoding="utf-8"
    )
