"""JMESPath's interpreter with a count of its steps, so that no message holds up all others.

An expression ends, but may look at everything that was sent for each of a thousand records.
"""

from collections.abc import Sized
from typing import Any, override

from jmespath import ast
from jmespath.visitor import TreeInterpreter

_PER_STEP = 20
"""Items or characters that a function is through with in the time of a step."""


class OutOfSteps(Exception):  # named for what happened
    """The expressions of a message have taken too many steps."""


class CountingInterpreter(TreeInterpreter):
    """Evaluates parsed expressions until a number of steps has been taken."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._left = steps

    @override
    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        """Evaluates a node, which is a step.

        Raises:
            OutOfSteps: it would be one too many.
        """
        self._spend(1)
        return super().visit(node, *args, **kwargs)

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        """Calls a function, which takes as many more steps as it has to look at."""
        given = [self.visit(child, value) for child in node["children"]]
        for one in given:
            self._spend_on(one)
        called: Any = {**node, "children": [ast.literal(one) for one in given]}
        found = super().visit_function_expression(called, value)
        self._spend_on(found)
        return found

    def _spend_on(self, value: Any) -> None:
        if isinstance(value, Sized):
            self._spend(len(value) // _PER_STEP)

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise OutOfSteps
