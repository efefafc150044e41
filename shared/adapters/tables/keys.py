"""Where a row lies within its partition: a row key that is legal and sorts."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from urllib.parse import quote

HEAD = "head"
"""The row key of the row that every transaction of its partition replaces."""

_LONGEST = 256
"""Characters of the last part of a row key as it is; a row key holds 512 in all."""
_LONGEST_LABEL = 240
"""Characters of what stands between the kind and the last part."""
_KEPT = 150
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


class RowKind(StrEnum):
    """What a row is; its row key starts with it."""

    PERSON = "person"
    STATE = "state"
    FLAG = "flag"
    WAVE = "wave"
    MOVED = "moved"
    AUDIT = "audit"
    RECEIPT = "receipt"
    REFUSED = "refused"
    DOCUMENT = "document"
    EVALUATION = "evaluation"
    PLAN = "plan"
    PAGE = "page"
    OPERATION = "operation"
    WORKER = "worker"
    SOURCE = "source"
    SCIM_USER = "scim-user"
    SCIM_KEY = "scim-key"
    HELD = "held"
    HELD_KEY = "held-key"
    ADMITTED = "admitted"
    PREFLIGHT = "preflight"
    QUESTION = "question"
    READING = "reading"


def row_key(kind: RowKind, *parts: str) -> str:
    """Makes a row key of these parts; two different lists of parts never give the same."""
    *labels, last = parts
    return f"{_labelled(kind, *labels)}|{_legal(last, _LONGEST)}"


def rows_of(kind: RowKind, *parts: str) -> tuple[str, str]:
    """Returns the range of all row keys that begin with these parts.

    The range is the first key, and a key one past the last.
    """
    start = _labelled(kind, *parts)
    return f"{start}|", f"{start}}}"


def rows_after(kind: RowKind, part: str) -> tuple[str, str]:
    """Returns the range of all row keys of that kind that come after this part's."""
    _, end = rows_of(kind)
    # It sorts before every character that stands in a row key.
    return f"{row_key(kind, part)}!", end


def countdown(moment: datetime) -> str:
    """Makes a part that sorts the newest first."""
    left = (_END_OF_TIME - moment) // timedelta(microseconds=1)
    return f"{left:018d}"


def _labelled(kind: RowKind, *labels: str) -> str:
    return "|".join((kind, *(_legal(label, _LONGEST_LABEL) for label in labels)))


def _legal(part: str, longest: int) -> str:
    r"""Returns the part without what a row key may not hold.

    Forbidden are `/`, `\`, `#`, `?` and control characters; `%` and `'` make trouble in addresses
    and filters. Source: "Understanding the Table service data model", Microsoft.
    """
    legal = quote(part, safe="@:").replace("%", "=")
    if len(legal) <= longest:
        return legal
    # Longer than any that is kept whole, so it cannot be mistaken for one of those.
    digest = sha256(part.encode()).hexdigest()
    return f"{legal[:_KEPT]}~{digest}".ljust(longest + 1, "~")
