"""Logs of the function app: through the standard library's, which the host collects."""

import logging

import structlog

PRODUCT = "shared"
"""The logger above all of the product's: what it gets names nobody."""


def configure_logging() -> None:
    """Sends events to the host's logging, and keeps what would name people out of it."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    logging.getLogger(PRODUCT).setLevel(logging.INFO)
    # httpx logs whole addresses, and a Graph filter holds a person's name.
    for chatty in ("httpx", "azure"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
