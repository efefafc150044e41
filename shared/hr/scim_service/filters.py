"""The filters that connectors look for people with: `eq`, joined by `and`; RFC 7644, 3.4.2.2."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.api.scim_answers import CORE, ScimProblem, ScimRefusal
from shared.hr.scim_service.attributes import ENTERPRISE
from shared.hr.scim_service.paths import literal

MOST_TERMS = 5
_LONGEST = 2_000
_TERM = re.compile(
    r"""\s*(?P<path>[A-Za-z][\w:.$-]*(?:\[[^\]"]*(?:"(?:[^"\\]|\\.)*"[^\]"]*)*\])?(?:\.\w+)?)
        \s+(?P<op>[A-Za-z]+)
        (?:\s+(?P<value>"(?:[^"\\]|\\.)*"|true|false|null|-?\d+))?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_AND = re.compile(r"and(?=\s)", re.IGNORECASE)
_WORK = re.compile(r'emails\[\s*type\s+eq\s+"(?P<type>[^"]*)"\s*\]\.value', re.IGNORECASE)
_PREFIXES = tuple(f"{urn}:".lower() for urn in (CORE, ENTERPRISE))


@dataclass(frozen=True, slots=True)
class Term:
    """An attribute, and the value that it is to have."""

    attribute: str
    """`id`, `userName`, `externalId`, `employeeNumber`, `emails` or `active`."""
    value: Any
    kind: str | None = None
    """Of an address: its type."""


_NAMES = {
    "id": "id",
    "username": "userName",
    "externalid": "externalId",
    "employeenumber": "employeeNumber",
    "emails": "emails",
    "emails.value": "emails",
    "active": "active",
}
INDEXED = ("id", "userName", "externalId", "employeeNumber", "emails")
"""By these somebody is found; a filter needs one of them."""


def read_filter(text: str) -> Sequence[Term]:
    """Returns the terms of a filter, all of which have to hold.

    Raises:
        ScimRefusal: `invalidFilter`, with what can be asked for.
    """
    if len(text) > _LONGEST:
        raise _refused(f"write at most {_LONGEST:,} characters")
    if not _is_whole(text):
        raise _refused("holds half a character (a lone surrogate)")
    terms: list[Term] = []
    at = 0
    while True:
        found = _TERM.match(text, at)
        if found is None:
            raise _refused("only attributes compared by eq, and joined by and, are looked for")
        terms.append(_term(found["path"], found["op"], found["value"]))
        at = found.end()
        if at == len(text):
            break
        joined = _AND.match(text, at)
        if joined is None or len(terms) == MOST_TERMS:
            raise _refused(f"terms are joined by and alone, {MOST_TERMS} at most")
        at = joined.end()
    if not any(term.attribute in INDEXED for term in terms):
        raise _refused(f"name one of {', '.join(INDEXED)}")
    return terms


def matches(user: Mapping[str, Any], user_id: str, term: Term) -> bool:
    """Tells whether the term holds for the user."""
    match term.attribute:
        case "id":
            return bool(user_id == term.value)
        case "externalId" | "active":
            return bool(user.get(term.attribute) == term.value)
        case "employeeNumber":
            return _same(user.get(ENTERPRISE, {}).get("employeeNumber"), term.value)
        case "emails":
            return any(
                _same(one.get("value"), term.value)
                and (term.kind is None or _same(one.get("type"), term.kind))
                for one in user.get("emails", ())
            )
    return _same(user.get("userName"), term.value)


def _term(path: str, operator: str, value: str | None) -> Term:
    if operator.lower() != "eq" or value is None:
        raise _refused(f"of operators there is eq, not {operator[:20]}")
    lowered, kind = path.lower(), None
    if found := _WORK.fullmatch(path):
        lowered, kind = "emails", found["type"]
    for prefix in _PREFIXES:
        lowered = lowered.removeprefix(prefix)
    name = _NAMES.get(lowered)
    if name is None:
        raise _refused(f"{path[:60]} cannot be looked for; there are {', '.join(_NAMES.values())}")
    said = literal(value)
    if name == "active" and isinstance(said, str):
        said = {"true": True, "false": False}.get(said.lower())
    fits = isinstance(said, bool) if name == "active" else value.startswith('"')
    if not fits:
        raise _refused(f"{name} has no such value")
    return Term(name, said, kind)


def _is_whole(text: str) -> bool:
    """Tells whether it can be written at all: JSON's escapes may have left half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _same(one: Any, other: Any) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.casefold() == other.casefold()


def _refused(reason: str) -> ScimRefusal:
    return ScimRefusal(ScimProblem.INVALID_FILTER, f"filter: {reason}")
