"""PowerShell files as syntax trees, and what policy asks of them."""

from collections.abc import Iterator
from pathlib import Path

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_powershell.language()))


def parsed(file: Path) -> Node:
    return _PARSER.parse(file.read_bytes()).root_node


def text(node: Node) -> str:
    return (node.text or b"").decode()


def descendants(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from descendants(child)


def broken(root: Node) -> list[str]:
    """Where the parser stumbled."""
    nodes = descendants(root)
    return [
        f"line {node.start_point.row + 1}: {text(node)[:60]!r}"
        for node in nodes
        if node.type == "ERROR" or node.is_missing
    ]


def commands(root: Node) -> Iterator[tuple[str, Node]]:
    """Every command that is run, by its name or by the variable that holds its path."""
    for node in descendants(root):
        if node.type == "command":
            parts = (
                part
                for part in descendants(node)
                if part.type in {"command_name", "path_command_name"}
            )
            yield text(next(parts)), node


def calls(root: Node) -> Iterator[tuple[str, Node]]:
    """Every method that is called."""
    for node in descendants(root):
        if node.type == "invokation_expression":
            member = next(part for part in node.children if part.type == "member_name")
            yield text(member), node


def stands_behind_should_process(node: Node) -> bool:
    """Whether an `if` around it asks ShouldProcess first."""
    inner, outer = node, node.parent
    while outer is not None:
        if inner.type == "statement_block" and outer.type in {"if_statement", "elseif_clause"}:
            condition = next(part for part in outer.children if part.type == "pipeline")
            if "$PSCmdlet.ShouldProcess(" in text(condition):
                return True
        inner, outer = outer, outer.parent
    return False
