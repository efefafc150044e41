"""Paths to attributes, as PATCH and filters write them; RFC 7644, section 3.5.2 and figure 7."""

import re
from dataclasses import dataclass
from typing import Any

from shared.contracts.api.scim_answers import CORE, ScimProblem, ScimRefusal
from shared.hr.scim_service.attributes import (
    CORE_ATTRIBUTES,
    EMPLOYEE_NUMBER,
    ENTERPRISE,
    NOT_KEPT,
    READ_ONLY,
    Attribute,
    extension_attributes,
    known_urn,
)

LONGEST_PATH = 400
_PATH = re.compile(
    r"""(?:(?P<urn>urn:[A-Za-z0-9:._-]+?)(?::(?=[A-Za-z$][\w$-]*(?:[\[.]|$))|$))?
        (?P<name>[A-Za-z$][\w$-]*)?
        (?:\[\s*(?P<by>\w+)\s+(?P<op>\w+)\s+(?P<value>"(?:[^"\\]|\\.)*"|true|false)\s*\])?
        (?:\.(?P<part>[A-Za-z$][\w$-]*))?""",
    re.VERBOSE | re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in a user resource."""

    extension: str | None = None
    attribute: Attribute | None = None
    """None for the extension as a whole."""
    which: tuple[str, Any] | None = None
    """Of several values those whose part of this name has this value."""
    part: Attribute | None = None


def place_of(path: str) -> Place | None:
    """Returns the place; None if what stands there is not kept.

    Raises:
        ScimRefusal: it is no path, nothing is known by that name, or it is not for writing.
    """
    found = _PATH.fullmatch(path.strip()) if 0 < len(path) <= LONGEST_PATH else None
    if found is None or not (found["urn"] or found["name"]):
        raise _no_path(path)
    urn, name = _split(found["urn"], found["name"])
    if urn is None and name.lower() in READ_ONLY:
        raise ScimRefusal(ScimProblem.MUTABILITY, f"{name}: is not to be written")
    attribute = _attribute(urn, name, path)
    if attribute is None and name:
        return None
    if urn is None and attribute is EMPLOYEE_NUMBER:
        urn = ENTERPRISE
    if attribute is None:
        return Place(extension=urn)
    which = None
    if found["by"]:
        if not attribute.several or found["op"].lower() != "eq":
            raise _no_path(path)
        which = (_part(attribute, found["by"], path).name, literal(found["value"]))
    part = _part(attribute, found["part"], path) if found["part"] else None
    return Place(extension=urn, attribute=attribute, which=which, part=part)


def literal(text: str) -> Any:
    """Returns what a value in a path or filter stands for."""
    if text.startswith('"'):
        return _ESCAPED.sub(r"\1", text[1:-1])
    return {"true": True, "false": False}.get(text.lower(), text)


def _split(urn: str | None, name: str | None) -> tuple[str | None, str]:
    """Returns the extension, None for the core schema, and the attribute's name, maybe none."""
    if urn is None:
        return None, name or ""
    if urn.lower() == CORE.lower():
        return None, name or ""
    if name and _is_schema(f"{urn}:{name}"):
        return known_urn(f"{urn}:{name}"), ""
    return known_urn(urn), name or ""


def _is_schema(text: str) -> bool:
    """Tells whether it is a schema's whole name, which in SCIM ends with its resource's."""
    return bool(re.search(r":[0-9.]+:\w+$", text))


def _attribute(urn: str | None, name: str, path: str) -> Attribute | None:
    if urn is not None:
        if not name:
            return None
        return next((a for a in extension_attributes(urn) if _same(a.name, name)), None)
    known = (*CORE_ATTRIBUTES, EMPLOYEE_NUMBER)
    attribute = next((one for one in known if _same(one.name, name)), None)
    if attribute is None and name.lower() not in NOT_KEPT:
        raise _no_path(path)
    return attribute


def _part(attribute: Attribute, name: str, path: str) -> Attribute:
    part = next((one for one in attribute.parts if _same(one.name, name)), None)
    if part is None:
        raise _no_path(path)
    return part


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _no_path(path: str) -> ScimRefusal:
    return ScimRefusal(ScimProblem.INVALID_PATH, f"nothing is known at {path[:100]!r}")
