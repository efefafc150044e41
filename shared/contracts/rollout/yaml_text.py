"""YAML 1.2 text as nodes; what is more than plain data is refused.

Scalars are told apart by the core schema of YAML 1.2.2 (section 10.3.2): `no` is text, and so are
dates and times of day; what a text means is for its reader to say.
"""

import re
from dataclasses import dataclass, field
from math import isfinite

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

from shared.contracts.rollout.finding import DOCUMENT, Finding, field_of
from shared.contracts.rollout.node import Node, Place, Scalar

LARGEST_DOCUMENT = 1024 * 1024
"""Bytes of text."""
_MOST_CHARACTERS = 2 * LARGEST_DOCUMENT
"""Of all values, with every alias written out: 1 MiB of text without aliases never has more."""
_DEEPEST = 24
"""Values in one another; the document needs six."""

_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_OTHER_BASE = re.compile(r"0o[0-7]{1,18}|0x[0-9a-fA-F]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def parse(text: str | bytes) -> tuple[Node | None, list[Finding]]:
    """The one document in the text, and what is wrong with the text.

    Without a node the text is no YAML, or not of the kind that is read. A key that stands twice
    and a tag are found and passed over, so that the rest can be looked at as well.
    """
    builder = _Builder()
    try:
        for event in YAML(typ="safe", pure=True).parse(_decoded(text)):
            builder.take(event)
        if builder.root is None:
            raise _Refused(Place(1, 1), "the document is empty")
    except _Refused as refused:
        return None, [*builder.findings, _finding(refused.place, refused.reason)]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(mark) if mark else builder.place
        return None, [*builder.findings, _finding(place, f"this is no YAML: {_words_of(error)}")]
    return builder.root, builder.findings


def _decoded(text: str | bytes) -> str:
    size = len(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
    if size > LARGEST_DOCUMENT:
        raise _Refused(Place(1, 1), f"{size:,} bytes are more than the {LARGEST_DOCUMENT:,} read")
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start]
        place = Place(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise _Refused(place, "these bytes are no UTF-8; save the file as UTF-8") from None
