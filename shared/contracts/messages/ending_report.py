"""When something ends that the worker works by: a certificate, a password, an account."""

from enum import StrEnum
from typing import Final

from shared.contracts.messages.contract import Contract, Moment, Name, Text, Word

MOST_ENDINGS: Final = 60
"""Of one report: twenty controllers, twenty catalogues, and what is the worker's own."""


class Endless(StrEnum):
    """Why no day is told on which something ends; a newer worker may have other words."""

    NEVER = "never-ends"
    BY_ITSELF = "renews-itself"
    UNKNOWN = "unknown"


class EndingReport(Contract):
    """What ends, and when."""

    what: Word
    """`service-bus-certificate`, `directory-certificate` …, in a word of the worker's."""
    of: Name
    """Which one: the server's name, the application's id, or the account's SID."""
    ends_at: Moment | None = None
    why: Word | None = None
    """Why no time is told."""
    detail: Text | None = None
