"""One signal: its name, its severity and its fields."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar


class Severity(StrEnum):
    """How loud a signal is; the values are log levels."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class By(StrEnum):
    """Who brought a change about; which operator it was stands in the audit."""

    CLOCK = "clock"
    OPERATOR = "operator"


class Timer(StrEnum):
    """The timers of the app, by the names of their functions."""

    CLOCK = "clock_timer"
    REGISTRATION = "registration_timer"
    RECONCILE = "reconcile_timer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Something that happened, once, and is stored by the time it is told of."""

    event: ClassVar[str]
    """The name in the log, which alarms and the workbook look for."""
    severity: ClassVar[Severity] = Severity.WARNING

    def fields(self) -> dict[str, Any]:
        """Returns what is logged beside the name; what is not known is left out."""
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in told.items() if value is not None}
