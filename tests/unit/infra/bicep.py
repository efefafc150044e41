"""A Bicep file as its parse tree says, without evaluating anything.

What only a deployment knows stays text: `Expression` for a name or a call, `Choice` for a condition
with the values of both sides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

INFRA = Path(__file__).parents[3] / "infra"
_PARSER = Parser(Language(tree_sitter_bicep.language()))
_BODIES = {"object", "if_statement", "for_statement"}


class Expression(str):
    """Source text that has no value of its own here."""

    __slots__ = ()


class Choice(NamedTuple):
    """`condition ? then : otherwise`."""

    condition: str
    then: Any
    otherwise: Any


@dataclass(frozen=True)
class Parameter:
    """A parameter of a template; it is required where it has no default."""

    name: str
    kind: str
    is_required: bool
    default: Any


@dataclass(frozen=True)
class Declaration:
    """A resource or a module: `what` is its type without version, or its path."""

    symbol: str
    what: str
    is_existing: bool
    condition: str | None
    loops_over: str | None
    variable: str | None
    body: dict[str, Any]


class Template:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text()
        self._root = _PARSER.parse(self.text.encode()).root_node

    @cached_property
    def errors(self) -> list[str]:
        """Where it is not Bicep."""
        return [
            f"{self.path.name}:{node.start_point[0] + 1}: {_text(node)[:40]}"
            for node in _all(self._root)
            if node.is_error or node.is_missing
        ]

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """Those it declares."""
        found = {}
        for node in self._declared("parameter_declaration"):
            name, kind, *default = _children(node)
            found[_text(name)] = Parameter(
                _text(name), _text(kind), not default, value(default[0]) if default else None
            )
        return found

    @cached_property
    def variables(self) -> dict[str, Any]:
        """Their values, as far as they are literal."""
        nodes = [_children(node) for node in self._declared("variable_declaration")]
        return {_text(name): value(given) for name, given in nodes}

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """Their values, as far as they are literal."""
        nodes = [_children(node) for node in self._declared("output_declaration")]
        return {_text(name): value(given) for name, _, given in nodes}

    @cached_property
    def resources(self) -> dict[str, Declaration]:
        """By symbol."""
        return {one.symbol: one for one in self._declarations("resource_declaration")}

    @cached_property
    def modules(self) -> dict[str, Declaration]:
        """By symbol."""
        return {one.symbol: one for one in self._declarations("module_declaration")}

    def made(self, kind: str) -> list[Declaration]:
        """The resources of a type that it makes, not those that it only refers to."""
        found = self.resources.values()
        return [one for one in found if one.what == kind and not one.is_existing]

    def only(self, kind: str) -> dict[str, Any]:
        """The body of the one resource of a type that it makes."""
        (one,) = self.made(kind)
        return one.body

    def _declared(self, kind: str) -> Iterator[Node]:
        return (node for node in _all(self._root) if node.type == kind)

    def _declarations(self, kind: str) -> Iterator[Declaration]:
        for node in self._declared(kind):
            parts = _children(node)
            body = next(part for part in parts if part.type in _BODIES)
            condition = loops_over = variable = None
            if body.type == "for_statement":
                bound, over, body = _children(body)
                variable = _text(_children(bound)[0] if bound.named_children else bound)
                loops_over = _text(over)
            if body.type == "if_statement":
                tested, body = _children(body)
                condition = _text(tested).strip("()")
            what, _, _ = str(value(parts[1])).partition("@")
            is_existing = any(child.type == "existing" for child in node.children)
            yield Declaration(
                _text(parts[0]), what, is_existing, condition, loops_over, variable, value(body)
            )


def templates() -> dict[str, Template]:
    """Every Bicep file, by its path below infra."""
    return {str(path.relative_to(INFRA)): Template(path) for path in sorted(INFRA.rglob("*.bicep"))}


def value(node: Node) -> Any:
    """What a node says."""
    parts = _children(node)
    match node.type:
        case "string" if all(part.type == "string_content" for part in parts):
            return "".join(map(_text, parts))
        case "number":
            return int(_text(node))
        case "boolean":
            return _text(node) == "true"
        case "null":
            return None
        case "array":
            return [value(part) for part in parts]
        case "object":
            pairs = [_children(part) for part in parts if part.type == "object_property"]
            return {_key(pair[0]): value(pair[-1]) for pair in pairs}
        case "ternary_expression":
            condition, then, otherwise = parts
            return Choice(_text(condition), value(then), value(otherwise))
    return Expression(_text(node))


def _key(node: Node) -> str:
    return _text(node).strip("'")


def _children(node: Node) -> list[Node]:
    return [child for child in node.named_children if child.type != "comment"]


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _text(node: Node) -> str:
    return (node.text or b"").decode()
