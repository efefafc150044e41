"""Expressions of JMESPath, which point at parts of what a sender wrote.

The language has neither loops nor references to anything outside of the value, so that an
expression ends, and sees nothing but what was sent. Source: the JMESPath specification.
"""

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
        jmespath.compile(text)
    except JMESPathError as error:
        raise ValueError(f"this is no JMESPath: {' '.join(str(error).split())}") from None
    return text


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
    except JMESPathError as error:
        # Not the error's own text, which repeats the value.
        reason = f"cannot be evaluated on what was sent ({type(error).__name__})"
        raise InvalidMessage(expression, reason) from None
