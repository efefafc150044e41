"""Reads what stands literally in a Bicep file, by its parse tree."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_bicep.language()))


def parsed(file: Path) -> Node:
    """The tree of a file without a syntax error."""
    root = _PARSER.parse(file.read_bytes()).root_node
    assert not root.has_error, f"{file}: a syntax error"
    return root


def declarations(root: Node, kind: str) -> dict[str, Node]:
    """The declarations of a kind (`parameter`, `variable`, `resource`, `module`) by their names."""
    found = [one for one in root.children if one.type == f"{kind}_declaration"]
    return {text(one.named_children[0]): one for one in _undecorated(root, kind, found)}


def value(node: Node) -> Any:
    """A literal as Python has it; whatever else is an expression stays as it is written."""
    match node.type:
        case "object":
            pairs = [one.named_children for one in node.named_children]
            return {str(value(pair[0])): value(pair[-1]) for pair in pairs if len(pair) > 1}
        case "array":
            return [value(one) for one in node.named_children]
        case "string":
            return text(node)[1:-1]
        case "number":
            return int(text(node))
        case "boolean":
            return text(node) == "true"
    return text(node)


def text(node: Node) -> str:
    """The node as it is written."""
    assert node.text is not None
    return node.text.decode()


def _undecorated(root: Node, kind: str, found: list[Node]) -> Iterator[Node]:
    yield from found
    for one in root.children:
        if one.type in {"decorated_declaration", "statement"}:
            yield from (each for each in one.children if each.type == f"{kind}_declaration")
