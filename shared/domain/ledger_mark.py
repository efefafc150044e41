"""The ledger's mark: which version writes it, and who can still read what is in it.

`FORMAT` is raised in a release that may store a word or a field which the one before does not know,
`READABLE_FROM` is the oldest format whose code may go on with such a ledger. Where a newer version
says that this one may not, nothing is read, written or taken off a queue: what it does not know of
a person it could neither heed nor put back (decision 24).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

FORMAT: Final = 2
"""Of what this version stores; ledgers of before have no mark, and count as 0."""
READABLE_FROM: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerMark:
    """What the newest version that wrote the ledger says of it."""

    version: str
    """That runs now."""
    since: datetime
    """When it first wrote here."""
    format: int = FORMAT
    """The newest that was ever written here: going back does not lower it."""
    readable_from: int = READABLE_FROM
    written_by: str
    """The version that wrote the newest format."""


def mark_of(version: str, now: datetime, found: LedgerMark | None) -> LedgerMark:
    """Returns the mark that a version leaves which is admitted to the ledger."""
    if found is None or found.format < FORMAT:
        return LedgerMark(version=version, since=now, written_by=version)
    return LedgerMark(
        version=version,
        since=found.since if found.version == version else now,
        format=found.format,
        readable_from=max(found.readable_from, READABLE_FROM)
        if found.format == FORMAT
        else found.readable_from,
        written_by=version if found.format == FORMAT else found.written_by,
    )


def refusal_of(mark: LedgerMark, version: str) -> str | None:
    """Returns why a version may not go on with this ledger; None where it may."""
    if mark.readable_from <= FORMAT:
        return None
    return (
        f"the ledger was written by the newer version {mark.written_by}, in format {mark.format}; "
        f"it can be read from format {mark.readable_from} on, and version {version} knows "
        f"{FORMAT}. Nothing is read, written or taken off a queue: deploy {mark.written_by} or "
        "newer"
    )
