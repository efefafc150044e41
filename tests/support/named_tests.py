"""Tests by the names that pytest has for them, to hold what is written about them to."""

import ast
from collections.abc import Mapping
from functools import cache

from tests.support.repository import ROOT


@cache
def all_beside(name: str) -> Mapping[str, str]:
    """Every test of the file in which the test of that name is, in whatever class, with its text.

    The name is `FILE::TEST`; a file that is not there has none.
    """
    file = name.partition("::")[0]
    path = ROOT / file
    if not path.exists():
        return {}
    text = path.read_text()
    return {
        f"{file}::{node.name}": ast.get_source_segment(text, node) or ""
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
