"""Plain words: what the log may have in the place of keys, names and reasons."""

import re
from hashlib import sha256

from shared.domain.person.people import is_object_id

_MOST_TEXT = 200
_PLAIN_FIELD = re.compile(r"[A-Za-z0-9_.()\[\]-]{1,100}")
_MAY_NAME_SOMEBODY = re.compile(r"\S*@\S*")


def person_reference(key: str) -> str:
    """Returns what the log may say in the place of a person's key.

    An object id stands as it is; `upn:…` and `employee:…` are names, and become a digest.
    """
    return key if is_object_id(key) else f"provisional-{sha256(key.encode()).hexdigest()[:16]}"


def plain_field(name: str | None) -> str:
    """Returns a field's name as the log may have it.

    Senders may put anything in a property's name.
    """
    return name if name and _PLAIN_FIELD.fullmatch(name) else "(unusual)"


def plain_text(text: str) -> str:
    """Returns a reason without anything that looks like somebody's name, and not too long."""
    return _MAY_NAME_SOMEBODY.sub("…", text)[:_MOST_TEXT]
