"""Types of AMQP that the Python SDK decodes alike, told from one another.

For the SDK a binary is bytes as a string is, and a timestamp a number as a long is; the production
host spells them differently in a message's application properties. So its decoder is given two
subtypes to make, which are to the SDK what it made before.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from azure.servicebus._pyamqp import _decode

_TIMESTAMP, _BINARY_SMALL, _BINARY_LARGE = 0x83, 0xA0, 0xB0


class Binary(bytes):
    """Bytes that were sent as such, not as a string."""


class Timestamp(int):
    """Milliseconds since 1970 that were sent as a moment, not as a number."""


@cache
def install() -> None:
    """Have the SDK's decoder make these types, in this process; once is enough."""
    for constructor, kind in (
        (_TIMESTAMP, Timestamp),
        (_BINARY_SMALL, Binary),
        (_BINARY_LARGE, Binary),
    ):
        usual = _decode._DECODE_BY_CONSTRUCTOR[constructor]  # noqa: SLF001 - it has no other door
        _decode._DECODE_BY_CONSTRUCTOR[constructor] = _making(kind, usual)  # noqa: SLF001


def descriptor_of(value: object) -> bytes | None:
    """Name the described type that a value was sent as, such as a time span of .NET's."""
    return getattr(value, "descriptor", None)


def _making(kind: type, usual: Callable[..., Any]) -> Callable[..., Any]:
    def decode(buffer: memoryview, depth: int = 0) -> tuple[memoryview, Any]:
        rest, value = usual(buffer, depth)
        return rest, kind(value)

    return decode
