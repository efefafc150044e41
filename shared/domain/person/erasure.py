"""Erasure: what becomes of each kind of row that names a person who is to be erased.

A kind that is not here cannot be stored: a test asks for all of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from shared.domain.person.mentions import Names

_AN_END = timedelta(days=1)
"""After which an operation that was never done is none that is under way: it is tried for an hour.
"""


class Fate(StrEnum):
    """What becomes of a row."""

    ERASED = "erased"
    REWRITTEN = "rewritten"
    """The row stays, without the person."""
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of the rows of a kind that are the person's, and why."""

    fate: Fate
    why: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is to be erased."""

    object_id: str | None
    names: Names
    keys: frozenset[str]
    """Under which rows are theirs and nobody else's, in lower case."""

    def owns(self, key: Any) -> bool:
        """Tells whether this is one of the person's own keys."""
        return isinstance(key, str) and key.casefold() in self.keys


OF_ANOTHER = (
    "it is somebody else's row, and names them beside it, or as who worked with the product"
)
_OWN = Rule(Fate.ERASED, "it is theirs")
_INDEX = Rule(Fate.ERASED, "it is an index of their rows, and goes with them")
_NUMBERS = Rule(Fate.KEPT, "it holds numbers and times, and at most who worked with the product")

RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "person": _OWN,
        "state": _INDEX,
        "flag": _INDEX,
        "wave": _INDEX,
        "moved": _INDEX,
        "head": _NUMBERS,
        "audit": Rule(
            Fate.KEPT,
            "it proves who changed what; taking a record out would break its chain. It stays until "
            "the table is deleted",
        ),
        "receipt": _OWN,
        "refused": _INDEX,
        "held": _OWN,
        "held-key": _INDEX,
        "admitted": Rule(
            Fate.KEPT, "it holds digests alone, which are counted out within the brake's time"
        ),
        "preflight": _OWN,
        "question": Rule(Fate.REWRITTEN, "it asks about others as well"),
        "plan": Rule(Fate.KEPT, "its document names them; a plan is applied only as it was shown"),
        "page": Rule(Fate.REWRITTEN, "it lists others as well"),
        "operation": Rule(Fate.ERASED, "it has ended, and can be asked for again"),
        "document": Rule(
            Fate.KEPT, "the rollout document names them; every version is kept as it was applied"
        ),
        "rollout": Rule(
            Fate.KEPT,
            "the current document names them, or they worked with the product; apply a document "
            "that does not",
        ),
        "lease": _NUMBERS,
        "evaluation": _NUMBERS,
        "undecided": _NUMBERS,
        "watch": _NUMBERS,
        "scope-doubt": _NUMBERS,
        "reconciliation": _NUMBERS,
        "writing": _NUMBERS,
        "hour": _NUMBERS,
        "mark": _NUMBERS,
        "door-key": Rule(Fate.KEPT, "it is a key, and names nobody"),
        "worker": _NUMBERS,
        "source": _NUMBERS,
        "sight": _NUMBERS,
        "shares": _NUMBERS,
        "move-look": Rule(Fate.ERASED, "the next check writes it again"),
        "look": _NUMBERS,
        "reading": _NUMBERS,
        "scim-user": _OWN,
        "scim-key": _INDEX,
    }
)


def fate_of(kind: str, content: Mapping[str, Any], subject: Subject, now: datetime) -> Fate:
    """Returns what becomes of a row that names the person: what is somebody else's is kept."""
    fate = RULES[kind].fate
    return (
        Fate.KEPT if fate is not Fate.KEPT and not _is_theirs(kind, content, subject, now) else fate
    )


def is_under_way(kind: str, content: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
    """Tells whether the row is an operation that is about the person and has not ended."""
    return _is_open(kind, content, now) and _is_about(content, subject)


def is_order_to_erase(kind: str, content: Mapping[str, Any], now: datetime) -> bool:
    """Tells whether the row is an open order to erase, which ends without a name by itself."""
    return _is_open(kind, content, now) and _field(content, "order")["kind"] == "erase"


def _is_theirs(kind: str, content: Mapping[str, Any], subject: Subject, now: datetime) -> bool:
    match kind:
        case "person" | "state" | "flag" | "wave" | "preflight":
            return subject.owns(_field(content, "key"))
        case "moved":
            return subject.owns(_field(content, "objectid"))
        case "receipt":
            key = _field(content, "personkey")
            return key is None or subject.owns(key)
        case "held":
            return subject.owns(_field(content, "personkey"))
        case "scim-user":
            return any(map(subject.names.are_in, _scim_names(_field(content, "attributes"))))
        case "question":
            return any(map(subject.owns, _field(content, "people")))
        case "page":
            return any(map(subject.owns, _listed(content)))
        case "operation":
            return not _is_open(kind, content, now) and _is_about(content, subject)
        case _:
            return True


def _is_about(content: Mapping[str, Any], subject: Subject) -> bool:
    """Tells whether the operation names the person otherwise than as who asked for it."""
    return subject.names.are_in([_field(content, one) for one in ("order", "result", "problem")])


def _is_open(kind: str, content: Mapping[str, Any], now: datetime) -> bool:
    if kind != "operation" or _field(content, "state") != "queued":
        return False
    return datetime.fromisoformat(_field(content, "requestedat")) + _AN_END >= now


def _listed(content: Mapping[str, Any]) -> Iterator[Any]:
    """Yields the object ids of a page of a plan; in memory each line is a row of its own."""
    yield _field(content, "objectid")
    for line in _field(content, "people") or ():
        yield line[0]


def _scim_names(attributes: Mapping[str, Any]) -> Iterator[str]:
    """Yields by what a SCIM user is one person: not by ids of the sender's own."""
    yield attributes["userName"]
    for one in attributes.get("emails", ()):
        yield one.get("value") or ""
    for part in attributes.values():
        if isinstance(part, Mapping) and part.get("employeeNumber"):
            yield part["employeeNumber"]


def _field(content: Mapping[str, Any], name: str) -> Any:
    """Returns a field however the row spells it, and whether a column holds all of them or one."""
    parts = [content, *(one for one in content.values() if isinstance(one, Mapping))]
    for part in parts:
        for key, value in part.items():
            if key.replace("_", "").casefold() == name:
                return value
    return None
