"""Reads a body in the form that its source says, and unwraps what is text within it."""

import binascii
import codecs
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.contracts.documents.hr_sources.body import Body, BodyFormat, Wrapped
from shared.contracts.messages.onboarding_event import decode
from shared.domain.errors import BadMediaType, InvalidMessage
from shared.hr.formats import csv_table, form, xml_tree

type Reader = Callable[[bytes, Body, str | None], Any]
"""From a body, what the source says of it, and the charset that its sender says, to a tree."""

_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_CHARSETS = frozenset({"utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso8859-1"})
"""By Python's names. Others, such as utf-7, are one text for us and another for who looks on."""
_JSON_CHARSETS = frozenset({"utf-8", "ascii"})
"""Source: RFC 8259, section 8.1."""
_DEFAULT: Final = Body()


def read_body(body: bytes, told: Body | None, charset: str | None = None) -> Any:
    """Returns the body as a tree; None where it is empty.

    Args:
        body: as it came.
        told: how the source says that it is written.
        charset: what the sender says that it is written in, beside the body.

    Raises:
        BadMediaType: it is written in a charset that is not taken.
        InvalidMessage: it is not written as the source says.
    """
    told = told or _DEFAULT
    if not body.strip():
        return None
    value = _READERS[told.format](body, told, _codec(charset, told) if charset else None)
    for one in told.unwrap:
        value = _unwrapped(value, one, told)
    return value


def _json(body: bytes, _: Body, __: str | None) -> Any:
    return decode(body)


def _base64_json(body: bytes, _: Body, __: str | None) -> Any:
    return decode(_from_base64(body, "(body)"))


def _form(body: bytes, told: Body, charset: str | None) -> Any:
    return form.tree_of(_text(body, charset or told.charset).strip())


def _xml(body: bytes, told: Body, charset: str | None) -> Any:
    # Before what the document says itself. Source: RFC 7303, section 3.2.
    return xml_tree.tree_of(_text(body, charset) if charset else body, told.lists)


def _csv(body: bytes, told: Body, charset: str | None) -> Any:
    delimiter = "\t" if told.delimiter == "tab" else told.delimiter
    return csv_table.table_of(_text(body, charset or told.charset), delimiter)


_READERS: Final[Mapping[BodyFormat, Reader]] = {
    BodyFormat.JSON: _json,
    BodyFormat.BASE64_JSON: _base64_json,
    BodyFormat.FORM: _form,
    BodyFormat.XML: _xml,
    BodyFormat.CSV: _csv,
}
"""An entry for each form that there is."""


def _codec(charset: str, told: Body) -> str:
    """Returns the charset by Python's name for it."""
    is_json = told.format in {BodyFormat.JSON, BodyFormat.BASE64_JSON}
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        name = ""
    if name not in (_JSON_CHARSETS if is_json else _CHARSETS):
        raise BadMediaType("Content-Type", "send the body in UTF-8")
    return name


def _text(body: bytes, charset: str) -> str:
    marked = (name for mark, name in _BYTE_ORDER_MARKS.items() if body.startswith(mark))
    charset = next(marked, charset)
    try:
        return body.decode(charset)
    except (UnicodeDecodeError, UnicodeError):
        raise InvalidMessage("(body)", f"is not written in {charset}; see `charset`") from None


def _from_base64(body: bytes | str, field: str) -> bytes:
    try:
        return b64decode(body.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidMessage(field, "is not base64") from None


def _unwrapped(value: Any, told: Wrapped, body: Body) -> Any:
    if told.at == "@":
        return _opened(value, told, body)
    return _with(value, told.at.split("."), told, body)


def _with(value: Any, path: list[str], told: Wrapped, body: Body) -> Any:
    """Returns the value with what its path leads to unwrapped; what is not there stays so."""
    if not path:
        return _opened(value, told, body)
    name = path[0].removesuffix("[]")
    if not isinstance(value, Mapping) or value.get(name) is None:
        return value
    inner = value[name]
    if path[0].endswith("[]"):
        items = inner if isinstance(inner, list) else [inner]
        return {**value, name: [_with(one, path[1:], told, body) for one in items]}
    return {**value, name: _with(inner, path[1:], told, body)}


def _opened(value: Any, told: Wrapped, body: Body) -> Any:
    if not isinstance(value, str):
        raise InvalidMessage(told.at, f"is no text that could hold {told.encoding}")
    try:
        match told.encoding:
            case "json":
                return decode(value)
            case "base64-json":
                return decode(_from_base64(value, told.at))
            case "xml":
                return xml_tree.tree_of(value, body.lists)
            case "base64-xml":
                return xml_tree.tree_of(_from_base64(value, told.at), body.lists)
            case "form":
                return form.tree_of(value)
    except InvalidMessage as error:
        raise InvalidMessage(told.at, error.reason) from None
