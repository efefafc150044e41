"""The expressions of a mapping on one message: in bounded time, and of the whole body once."""

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.errors import InvalidMessage, TooLarge

BODY: Final = "_body"
_MOST_STEPS = 1_500_000
"""About two seconds. A report of 1,000 records with ten expressions takes some 100,000."""
_LEFT_FIRST = frozenset(
    {
        "subexpression",
        "index_expression",
        "projection",
        "value_projection",
        "filter_projection",
        "flatten",
        "pipe",
    }
)
"""Their first part is about the record, the others about what that finds."""
_SIDE_BY_SIDE = frozenset(
    {
        "function_expression",
        "comparator",
        "and_expression",
        "or_expression",
        "not_expression",
        "multi_select_list",
        "multi_select_dict",
        "key_val_pair",
    }
)
"""All of their parts are about the record."""
_PAIR = "key_val_pair"
"""A key with its expression; only the latter can be another."""
_RECORD = "@"


class Evaluations:
    """Evaluates expressions on the records of one message."""

    def __init__(self, body: Any, steps: int = _MOST_STEPS) -> None:
        from shared.hr.counting import CountingInterpreter

        self._body = body
        self._interpreter = CountingInterpreter(steps)
        self._parsed: dict[str, Any] = {}

    def of(self, expression: str, value: Any) -> Any:
        """Returns what the expression gives of the value; None where it points at nothing.

        Raises:
            InvalidMessage: a function in it cannot do with what it finds there.
            TooLarge: it is too much work on a message of this size.
        """
        import jmespath

        if expression not in self._parsed:
            parsed = jmespath.compile(expression).parsed
            self._parsed[expression] = self._with_body(expression, parsed)
        return self._visited(expression, self._parsed[expression], value)

    def _visited(self, expression: str, node: Any, value: Any) -> Any:
        from jmespath.exceptions import JMESPathError

        from shared.hr.counting import OutOfSteps

        try:
            return self._interpreter.visit(node, value)
        except OutOfSteps:
            raise TooLarge(expression, "is too much work on what was sent; send less") from None
        except (JMESPathError, ArithmeticError, TypeError, ValueError) as error:
            # Not the library's errors alone: it compares text with a number, or rounds infinity,
            # as Python does. Nor the error's own text, which repeats the value.
            reason = f"cannot be evaluated on what was sent ({type(error).__name__})"
            raise InvalidMessage(expression, reason) from None

    def _with_body(self, expression: str, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns the expression with what it finds in the whole body in its place."""
        from jmespath import ast

        if node["type"] != _PAIR and _roots(node) == {BODY}:
            try:
                found = self._visited(expression, node, {BODY: self._body})
            except TooLarge:
                raise
            except InvalidMessage:
                # Perhaps it never comes to it: what stands before || or && decides.
                return node
            literal: Mapping[str, Any] = ast.literal(found)
            return literal
        children = node["children"]
        if node["type"] in _LEFT_FIRST and children:
            kept = [self._with_body(expression, children[0]), *children[1:]]
            return {**node, "children": kept}
        if node["type"] in _SIDE_BY_SIDE:
            return {**node, "children": [self._with_body(expression, one) for one in children]}
        return node


def _roots(node: Mapping[str, Any]) -> frozenset[str]:
    """Returns the fields of a record that an expression begins at."""
    children = node["children"]
    match node["type"]:
        case "field":
            return frozenset({str(node["value"])})
        case "literal":
            return frozenset()
        case kind if kind in _LEFT_FIRST and children:
            return _roots(children[0])
        case kind if kind in _SIDE_BY_SIDE:
            return frozenset().union(*map(_roots, children))
        case "expref":
            return frozenset()
        case _:
            return frozenset({_RECORD})
