"""Password resets as the directory's audit log tells of them: what gates look at."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ResetOutcome(StrEnum):
    """How a reset ended that somebody tried by themselves."""

    SUCCEEDED = "succeeded"
    WRITEBACK_FAILED = "writeback-failed"
    """The password could not be written to Active Directory."""
    BLOCKED = "blocked"
    """Refused before a password was asked for: out of scope, or blocked for a while."""


@dataclass(frozen=True, slots=True)
class Reset:
    """One such reset; the time is the audit log's, aware and in UTC."""

    at: datetime
    object_id: str
    outcome: ResetOutcome
