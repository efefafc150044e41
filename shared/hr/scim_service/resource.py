"""A user resource: read from what was sent, kept in one spelling, and written down for who asks."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.api.scim_answers import CORE, Json, ScimProblem, ScimRefusal
from shared.hr.scim_service.attributes import (
    CORE_ATTRIBUTES,
    MOST_VALUES,
    Attribute,
    Form,
    extension_attributes,
    known_urn,
)
from shared.hr.sent_part import SentPart
from shared.hr.translation import object_of

MOST_EXTENSIONS = 5
_URN = re.compile(r"urn:[A-Za-z0-9:._-]{1,200}", re.IGNORECASE)
_TRUTH = {"true": True, "false": False}


def read_user(value: Any) -> Json:
    """Returns what is kept of a user resource, in the schema's spelling.

    Raises:
        InvalidMessage: an attribute that is kept is not what it should be, or is too long.
        ScimRefusal: there is no userName.
    """
    user = object_of(value, "(body)")
    kept = dict(_read_parts(CORE_ATTRIBUTES, user, ""))
    for urn, extension in _extensions(user):
        parts = dict(_read_parts(extension_attributes(urn), extension, f"{urn}:"))
        if parts:
            kept[urn] = parts
    if len(extensions_of(kept)) > MOST_EXTENSIONS:
        raise ScimRefusal(ScimProblem.INVALID_VALUE, f"send at most {MOST_EXTENSIONS} extensions")
    if "userName" not in kept:
        raise ScimRefusal(ScimProblem.INVALID_VALUE, "userName: is missing")
    return kept


def extensions_of(user: Mapping[str, Any]) -> list[str]:
    """Returns the names of the extensions that the user has."""
    return [name for name in user if name.lower().startswith("urn:")]


def represented(user: Mapping[str, Any], *, user_id: str, meta: Json) -> Json:
    """Returns the resource as it is answered."""
    schemas = [CORE, *extensions_of(user)]
    return {"schemas": schemas, "id": user_id, **user, "meta": {"resourceType": "User", **meta}}


def read_value(attribute: Attribute, value: Any, field: str) -> Any:
    """Returns the value in its proper form; None where nothing is said.

    Entra writes booleans as text, and single values as a list of one.

    Raises:
        InvalidMessage: naming the field.
    """
    if attribute.several:
        return _read_several(attribute, value, field) or None
    value = _unwrapped(attribute, value)
    if value is None or value == "":
        return None
    if attribute.form is Form.COMPLEX:
        return dict(_read_parts(attribute.parts, object_of(value, field), f"{field}.")) or None
    if attribute.form is Form.BOOLEAN:
        return _truth(value, field)
    text = SentPart(field, value).text
    if text is not None and len(text) > attribute.longest:
        raise ScimRefusal(
            ScimProblem.INVALID_VALUE, f"{field}: write at most {attribute.longest} characters"
        )
    return text


def _read_several(attribute: Attribute, value: Any, field: str) -> list[Any]:
    listed = value if isinstance(value, list) else [] if value in (None, "") else [value]
    if len(listed) > MOST_VALUES:
        raise ScimRefusal(ScimProblem.INVALID_VALUE, f"{field}: send at most {MOST_VALUES} values")
    found = (
        # Some write the value alone, as if it were no object.
        {"value": one} if isinstance(one, str) else object_of(one, field)
        for one in listed
    )
    read = [dict(_read_parts(attribute.parts, one, f"{field}.")) for one in found]
    return [one for one in read if one]


def _read_parts(
    attributes: tuple[Attribute, ...], value: Mapping[str, Any], before: str
) -> Iterator[tuple[str, Any]]:
    by_name = {str(name).lower(): one for name, one in value.items()}
    for attribute in attributes:
        found = by_name.get(attribute.name.lower())
        read = read_value(attribute, found, f"{before}{attribute.name}")
        if read is not None:
            yield attribute.name, read


def _extensions(user: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, value in user.items():
        if not name.lower().startswith("urn:") or value is None:
            continue
        if _URN.fullmatch(name) is None:
            raise ScimRefusal(ScimProblem.INVALID_VALUE, "an extension has a name that is no URN")
        yield known_urn(name), object_of(value, name)


def _unwrapped(attribute: Attribute, value: Any) -> Any:
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if attribute.form is not Form.COMPLEX and isinstance(value, Mapping) and "value" in value:
        return value["value"]
    return value


def _truth(value: Any, field: str) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _TRUTH:
        return _TRUTH[value.strip().lower()]
    raise ScimRefusal(ScimProblem.INVALID_VALUE, f"{field}: write true or false")
