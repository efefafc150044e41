"""Logs of the function app: through the standard library's, which the host collects."""

import logging

import structlog


def configure_logging() -> None:
    """Send events to the host's logging, and keep what would name people out of it."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    # httpx logs whole addresses, and a Graph filter holds a person's name.
    for chatty in ("httpx", "azure"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
