"""Where a row lies: its partition, and a row key that is legal and sorts."""

from enum import StrEnum
from hashlib import sha256
from urllib.parse import quote

from shared.domain.people import is_object_id

BUCKETS = tuple(f"p-{digit}" for digit in "0123456789abcdef")
PROVISIONAL = "provisional"
PARTITIONS = (*BUCKETS, PROVISIONAL)
HEAD = "head"
"""The row key of a partition's head."""

_LONGEST = 256
"""Characters of a key as it is; a row key holds 512, and up to three parts."""
_KEPT = 150


class RowKind(StrEnum):
    """What a row is; its row key starts with it."""

    PERSON = "person"
    STATE = "state"
    FLAG = "flag"
    MOVED = "moved"
    AUDIT = "audit"
    RECEIPT = "receipt"
    REFUSED = "refused"


def bucket(key: str) -> str:
    """One of 16 partitions, evenly."""
    return f"p-{sha256(key.encode()).hexdigest()[0]}"


def partition_of(person_key: str) -> str:
    """The partition of a person; all who have no object id share one."""
    return bucket(person_key) if is_object_id(person_key) else PROVISIONAL


def row_key(kind: RowKind, *parts: str) -> str:
    """A row key of these parts; two different lists of parts never give the same."""
    return "|".join((kind, *map(_legal, parts)))


def rows_of(kind: RowKind, *parts: str) -> tuple[str, str]:
    """The range of all row keys that begin with these parts: the first, and one past the last."""
    start = row_key(kind, *parts)
    return f"{start}|", f"{start}}}"


def _legal(part: str) -> str:
    r"""The part without what a row key may not hold.

    Forbidden are `/`, `\`, `#`, `?` and control characters; `%` and `'` make trouble in addresses
    and filters. Source: "Understanding the Table service data model", Microsoft.
    """
    legal = quote(part, safe="@:").replace("%", "=")
    if len(legal) <= _LONGEST:
        return legal
    # Longer than any that is kept whole, so it cannot be mistaken for one of those.
    digest = sha256(part.encode()).hexdigest()
    return f"{legal[:_KEPT]}~{digest}".ljust(_LONGEST + 1, "~")
