"""Findings: what is wrong with a document, where, and what to write instead."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.errors import InvalidMessage

type Path = tuple[str | int, ...]
"""Keys and indices that lead from the whole document to one of its values."""

DOCUMENT = "(document)"
_LONGEST_KEY = 60


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with the value at the end of a path, or with its key."""

    path: Path
    reason: str
    at_key: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong; line and column count from 1."""

    line: int
    column: int
    field: str
    """As in `waves[1].percent`; `(document)` where the whole is meant."""
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.field}: {self.reason}"


class InvalidDocument(InvalidMessage):
    """A rollout document that cannot be taken as it is.

    Attributes:
        findings: everything that is wrong with it, by line. `field` and `reason` are the first's.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        first, more = findings[0], len(findings) - 1
        reason = f"{first.reason} (line {first.line})"
        super().__init__(first.field, f"{reason} (and {more} more)" if more else reason)
        self.findings = tuple(findings)


def field_of(path: Path) -> str:
    """The path as people read it."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part[:_LONGEST_KEY]}" if text else part[:_LONGEST_KEY]
    return text or DOCUMENT
