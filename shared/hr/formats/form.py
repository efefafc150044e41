"""Form-encoded bodies: names with brackets become the tree that they write down.

`employees[0][id]=7` is {"employees": [{"id": "7"}]}, `tags[]=a&tags[]=b` a list, and a name that
comes twice one, too. Source: the forms of PHP and Rails, which BambooHR's webhooks follow.
"""

import re
from typing import Any
from urllib.parse import parse_qsl

from shared.domain.errors import InvalidMessage

_MOST_FIELDS = 20_000
_DEEPEST = 20
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_INNER = re.compile(r"\[([^\[\]]*)\]")
_APPENDED = ""


def tree_of(text: str) -> Any:
    """Returns the fields of a form as a tree of objects, lists and texts.

    Raises:
        InvalidMessage: it is no form, or says two things of one field.
    """
    try:
        pairs = parse_qsl(
            text, keep_blank_values=True, strict_parsing=bool(text), max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise InvalidMessage("(body)", f"no form-encoded text: {_plain(error)}") from None
    root: dict[str, Any] = {}
    for name, value in pairs:
        _put(root, _path(name), value, name)
    return _with_lists(root)


def _plain(error: ValueError) -> str:
    """Returns the reason without what was sent."""
    return "too many fields" if "fields" in str(error) else "write name=value&…"


def _path(name: str) -> list[str]:
    found = _NAME.fullmatch(name)
    if found is None:
        return [name]
    path = [found[1], *_INNER.findall(found[2])]
    if len(path) > _DEEPEST:
        raise InvalidMessage(name[:100], "its brackets lie too deep in one another")
    return path


def _put(root: dict[str, Any], path: list[str], value: str, name: str) -> None:
    node = root
    for key in path[:-1]:
        inner = node.setdefault(str(len(node)) if key == _APPENDED else key, {})
        if not isinstance(inner, dict):
            raise InvalidMessage(name[:100], "is a text and has parts, too")
        node = inner
    last = str(len(node)) if path[-1] == _APPENDED else path[-1]
    there = node.get(last)
    if isinstance(there, dict):
        raise InvalidMessage(name[:100], "is a text and has parts, too")
    if there is None:
        node[last] = value
    else:
        node[last] = [*there, value] if isinstance(there, list) else [there, value]


def _with_lists(value: Any) -> Any:
    """Returns the tree with lists where all names are numbers, in their order."""
    if not isinstance(value, dict):
        return value
    inner = {key: _with_lists(one) for key, one in value.items()}
    if inner and all(key.isascii() and key.isdecimal() for key in inner):
        return [inner[key] for key in sorted(inner, key=lambda key: (len(key.lstrip("0")), key))]
    return inner
