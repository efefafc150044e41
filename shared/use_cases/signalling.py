"""Signalling: what happened becomes a line of the log that an alarm can hang on."""

import logging
from collections.abc import Iterable

import structlog

from shared.domain.signals import Severity, Signal

_log = structlog.get_logger(__name__)
_LEVELS = {
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.ERROR: logging.ERROR,
}


def emit(signals: Iterable[Signal]) -> None:
    """Logs each signal under its name."""
    for signal in signals:
        _log.log(_LEVELS[signal.severity], signal.event, **signal.fields())
