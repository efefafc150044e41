"""Expressions of JMESPath, which point at parts of what a sender wrote.

The language has neither loops nor references to anything outside of the value, so that an
expression ends, and sees nothing but what was sent. Source: the JMESPath specification.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from shared.domain.errors import InvalidMessage

LONGEST_EXPRESSION = 500


def _compiled(text: str) -> str:
    import jmespath
    from jmespath.exceptions import JMESPathError

    if not 0 < len(text) <= LONGEST_EXPRESSION:
        raise ValueError(f"write a JMESPath expression of at most {LONGEST_EXPRESSION} characters")
    try:
        slip = next(_slips(jmespath.compile(text).parsed), None)
    except JMESPathError as error:
        raise ValueError(f"this is no JMESPath: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ValueError("its parts lie too deep in one another") from None
    if slip:
        raise ValueError(slip)
    return text


def _slips(node: Any) -> Iterator[str]:
    """What parses, and can be evaluated on nothing; the library tells it only then."""
    from jmespath.functions import Functions

    if not isinstance(node, Mapping):
        return
    if node["type"] == "function_expression":
        known = Functions.FUNCTION_TABLE.get(node["value"])
        if known is None:
            yield f"JMESPath has no function {node['value']}()"
        else:
            yield from _miscounted(node, known["signature"])
    if node["type"] == "slice" and node["children"][2] == 0:
        yield "a slice cannot go in steps of 0"
    for child in node["children"]:
        yield from _slips(child)


def _miscounted(call: Any, signature: Any) -> Iterator[str]:
    given, wanted = len(call["children"]), len(signature)
    variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if given < wanted or (given > wanted and not variadic):
        least = "at least " if variadic else ""
        things = "argument" if wanted == 1 else "arguments"
        yield f"give {call['value']}() {least}{wanted} {things}, not {given}"


type Expression = Annotated[
    str,
    AfterValidator(_compiled),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_EXPRESSION,
            "examples": ["data.resource.user_name", "'onboard'"],
        }
    ),
]


def evaluated(expression: str, value: Any) -> Any:
    """What the expression gives of the value; None where it points at nothing.

    Raises:
        InvalidMessage: a function in it cannot do with what it finds there.
    """
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.compile(expression).search(value)
    except (JMESPathError, ArithmeticError, TypeError, ValueError) as error:
        # Not the library's errors alone: it compares text with a number, or rounds infinity, as
        # Python does. Nor the error's own text, which repeats the value.
        reason = f"cannot be evaluated on what was sent ({type(error).__name__})"
        raise InvalidMessage(expression, reason) from None
