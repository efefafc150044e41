"""XML and SOAP as the tree that JSON would have been.

An element is called by its name without prefix, an attribute `@name`, the text beside either
`#text`; what comes several times is a list. No document type is taken, and so no entity: neither
one that grows without end nor one that reads a file. Source: the billion laughs and external
entities of "XML External Entity Prevention", OWASP.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from xml.parsers.expat import ExpatError, ParserCreate

from shared.domain.errors import InvalidMessage

_DEEPEST = 60
_MOST_ELEMENTS = 100_000
_NIL = "nil"


@dataclass(slots=True)
class _Element:
    name: str
    children: dict[str, Any] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    is_nil: bool = False


class _Builder:
    """Puts the tree together as the parser comes along."""

    def __init__(self, lists: Collection[str]) -> None:
        self._lists = frozenset(lists)
        self._open = [_Element("")]
        self._counted = 0

    @property
    def tree(self) -> Any:
        return self._open[0].children

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._counted += 1
        if len(self._open) > _DEEPEST or self._counted > _MOST_ELEMENTS:
            raise InvalidMessage("(body)", "its elements are too many, or lie too deep")
        element = _Element(_local(name))
        for key, value in attributes.items():
            if key == "xmlns" or key.startswith("xmlns:"):
                continue
            if _local(key) == _NIL and ":" in key:
                element.is_nil = value in {"true", "1"}
            else:
                element.children[f"@{_local(key)}"] = value
        self._open.append(element)

    def say(self, text: str) -> None:
        self._open[-1].text.append(text)

    def end(self, _name: str) -> None:
        element = self._open.pop()
        siblings, value = self._open[-1].children, _value(element)
        if element.name not in siblings:
            siblings[element.name] = [value] if element.name in self._lists else value
        elif isinstance(siblings[element.name], list):
            siblings[element.name].append(value)
        else:
            siblings[element.name] = [siblings[element.name], value]


def tree_of(body: bytes | str, lists: Collection[str] = ()) -> Any:
    """Returns the document as objects, lists and texts.

    Args:
        body: as it came; its encoding is what it says itself.
        lists: names of elements that are a list even where there is but one.

    Raises:
        InvalidMessage: it is no XML, has a document type, or is too deep.
    """
    builder, parser = _Builder(lists), ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.begin
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.say
    parser.StartDoctypeDeclHandler = _refused
    try:
        parser.Parse(body, True)
    except ExpatError as error:
        where = f"line {error.lineno} column {error.offset + 1}"
        raise InvalidMessage("(body)", f"not XML: {_reason(error)} at {where}") from None
    except (ValueError, LookupError):
        raise InvalidMessage("(body)", "not XML in an encoding that is known") from None
    return builder.tree


def _refused(*_: object) -> None:
    raise InvalidMessage("(body)", "a document type (<!DOCTYPE) is not taken")


def _reason(error: ExpatError) -> str:
    """Returns the parser's words, which repeat nothing of what was sent."""
    return str(error).partition(":")[0]


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _value(element: _Element) -> Any:
    if element.is_nil:
        return None
    text = "".join(element.text).strip()
    if not element.children:
        return text
    return {**element.children, **({"#text": text} if text else {})}
