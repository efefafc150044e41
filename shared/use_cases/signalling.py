"""Signalling: what happened becomes a line of the log that an alarm can hang on."""

import logging
from collections.abc import Iterable
from pathlib import PurePath
from traceback import extract_tb

import structlog

from shared.domain.signals import ErrorUnforeseen, Severity, Signal

_log = structlog.get_logger(__name__)
_FRAMES = 6
"""Of a traceback, from where the error was raised; enough to report a fault by."""
_LEVELS = {
    Severity.INFO: logging.INFO,
    Severity.WARNING: logging.WARNING,
    Severity.ERROR: logging.ERROR,
}


def emit(signals: Iterable[Signal]) -> None:
    """Logs each signal under its name."""
    for signal in signals:
        _log.log(_LEVELS[signal.severity], signal.event, **signal.fields())


def say_unforeseen(error: Exception) -> str:
    """Tells of an error that nobody foresaw, by its type and place; returns the type's name."""
    frames = reversed(extract_tb(error.__traceback__)[-_FRAMES:])
    places = [f"{PurePath(one.filename).name}:{one.lineno} {one.name}" for one in frames]
    kind = type(error).__name__
    emit([ErrorUnforeseen(error=kind, place=", ".join(places))])
    return kind
