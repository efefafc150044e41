"""YAML 1.2 text as nodes; what is more than plain data is refused.

Scalars are told apart by the core schema of YAML 1.2.2 (section 10.3.2): `no` is text, and so are
dates and times of day; what a text means is for its reader to say.
"""

import re
from dataclasses import dataclass, field
from math import isfinite

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark
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

from shared.contracts.documents.finding import DOCUMENT, Finding, Path, field_of
from shared.contracts.documents.node import Node, Place, Scalar

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
        _feed(builder, _decoded(text))
    except _Refused as refused:
        return None, [*builder.findings, _finding(refused.place, DOCUMENT, refused.reason)]
    if builder.root is None:
        return None, [_finding(Place(1, 1), DOCUMENT, "there is nothing in it")]
    return builder.root, builder.findings


class _Refused(Exception):
    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason


def _decoded(text: str | bytes) -> str:
    size = len(text if isinstance(text, bytes) else text.encode(errors="surrogatepass"))
    if size > LARGEST_DOCUMENT:
        reason = f"it has {size:,} bytes, and at most {LARGEST_DOCUMENT:,} are read; name groups"
        raise _Refused(Place(1, 1), f"{reason} in the place of people")
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = text[: error.start].decode("utf-8-sig")
        raise _Refused(_end_of(before), "this is no UTF-8; save the file as UTF-8") from None


def _feed(builder: "_Builder", text: str) -> None:
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = _place(mark) if mark else builder.place
        raise _Refused(place, f"this is no YAML: {_words_of(error)}") from None
    except ReaderError as error:
        character = f"the character U+{error.character:04X} is not allowed"
        raise _Refused(_end_of(text[: error.position]), f"{character}; take it out") from None
    except ValueError:
        # ruamel.yaml hands "\\UFFFFFFFF" to chr() unseen.
        raise _Refused(builder.place, "an escape near here names no character") from None


@dataclass(slots=True)
class _Open:
    """A collection whose end has not come yet."""

    place: Place
    anchor: str | None
    is_mapping: bool
    items: list[Node] = field(default_factory=list)
    values: dict[str, Node] = field(default_factory=dict)
    keys: dict[str | int, Place] = field(default_factory=dict)
    key: str | None = None
    """Whose value comes next; None where a key does."""

    def path(self) -> Path:
        if not self.is_mapping:
            return (len(self.items),)
        return () if self.key is None else (self.key,)

    def closed(self) -> Node:
        content = self.values if self.is_mapping else self.items
        within = [*self.values.values(), *self.items]
        return Node(
            self.place,
            content,
            self.keys,
            1 + sum(node.characters for node in within),
            1 + max((node.depth for node in within), default=0),
        )


class _Builder:
    """Makes nodes of events; without recursion, so that no nesting exhausts the stack."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.findings: list[Finding] = []
        self.place = Place(1, 1)
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}

    def take(self, event: Event) -> None:
        self.place = _place(event.start_mark)
        match event:
            case DocumentStartEvent():
                self._begin(event)
            case CollectionStartEvent():
                self._enter(event)
            case CollectionEndEvent():
                self._leave()
            case AliasEvent():
                self._put(self._named(str(event.anchor)))
            case ScalarEvent():
                self._scalar(event)

    def _begin(self, event: DocumentStartEvent) -> None:
        if self.root is not None:
            raise _Refused(self.place, "a second document begins here; give it a file of its own")
        if event.version not in {None, (1, 2)}:
            raise _Refused(self.place, "only YAML 1.2 is read; take the %YAML line out")

    def _enter(self, event: CollectionStartEvent) -> None:
        self._note_tag(event)
        if len(self._open) >= _DEEPEST:
            raise _Refused(self.place, f"more than {_DEEPEST} values lie in one another")
        if event.anchor:
            self._anchors[event.anchor] = None
        is_mapping = isinstance(event, MappingStartEvent)
        self._open.append(_Open(self.place, event.anchor, is_mapping))

    def _leave(self) -> None:
        done = self._open.pop()
        self._put(self._known(done.closed(), done.anchor))

    def _scalar(self, event: ScalarEvent) -> None:
        self._note_tag(event)
        text = str(event.value)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise _Refused(self.place, "an escape names half of a surrogate pair, no character")
        is_plain = event.style is None and event.ctag is None
        content = text if not is_plain or self._awaits_key else _meaning(text)
        node = Node(self.place, content, characters=1 + len(text))
        self._put(self._known(node, event.anchor))

    def _known(self, node: Node, anchor: str | None) -> Node:
        if anchor:
            self._anchors[anchor] = node
        return node

    def _named(self, anchor: str) -> Node:
        if anchor not in self._anchors:
            raise _Refused(self.place, f"no &{anchor} stands before *{anchor}")
        node = self._anchors[anchor]
        if node is None:
            raise _Refused(self.place, f"*{anchor} stands within &{anchor} itself")
        return node

    @property
    def _awaits_key(self) -> bool:
        return bool(self._open) and self._open[-1].is_mapping and self._open[-1].key is None

    def _put(self, node: Node) -> None:
        if node.characters > _MOST_CHARACTERS or node.depth + len(self._open) > _DEEPEST:
            raise _Refused(self.place, "with its aliases written out the document is too large")
        if not self._open:
            self.root = node
        elif not self._open[-1].is_mapping:
            self._open[-1].items.append(node)
        elif self._awaits_key:
            self._begin_pair(self._open[-1], node)
        else:
            self._end_pair(self._open[-1], node)

    def _begin_pair(self, mapping: _Open, key: Node) -> None:
        if not isinstance(key.content, str):
            raise _Refused(key.place, "a key is one word, not a list or a mapping")
        mapping.key = key.content
        first = mapping.keys.setdefault(key.content, self.place)
        if first is not self.place:
            self._note(f"this key stands on line {first.line} already; take one of the two out")

    def _end_pair(self, mapping: _Open, value: Node) -> None:
        mapping.values.setdefault(mapping.key or "", value)
        mapping.key = None

    def _note_tag(self, event: CollectionStartEvent | ScalarEvent) -> None:
        if event.ctag is not None:
            self._note("take the tag out; text goes into quotes instead")

    def _note(self, reason: str) -> None:
        path = tuple(part for one in self._open for part in one.path())
        self.findings.append(_finding(self.place, field_of(path), reason))


def _meaning(text: str) -> Scalar:
    """What a scalar without quotes stands for."""
    if text in _NOTHING:
        return None
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text) and isfinite(float(text)):
        return float(text)
    return text


def _finding(place: Place, where: str, reason: str) -> Finding:
    return Finding(place.line, place.column, where, reason)


def _place(mark: StreamMark) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _end_of(text: str) -> Place:
    return Place(text.count("\n") + 1, len(text) - text.rfind("\n"))


def _words_of(error: MarkedYAMLError) -> str:
    words = " ".join(f"{error.problem or ''} {error.context or ''}".split())
    if error.context_mark:
        words += f" on line {error.context_mark.line + 1}"
    return f"{words}; indent with spaces" if "\\t" in words else words
