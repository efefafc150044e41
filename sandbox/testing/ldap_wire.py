"""As much of LDAP's bytes as a test's server has to know: whole messages, and answers to them.

Source: RFC 4511, sections 4 and 5.1.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Protocol

SUCCESS, REFERRAL = 0, 10


class Request(IntEnum):
    """The operations that are known, by their tags; an answer's tag is one more."""

    BIND = 0x60
    SEARCH = 0x63
    MODIFY = 0x66


_ANSWER = {Request.BIND: 0x61, Request.SEARCH: 0x65, Request.MODIFY: 0x67}
_ENTRY = 0x64


class Source(Protocol):
    """Something to read from."""

    def read(self, size: int, /) -> bytes:
        """As many bytes, or fewer at the end."""


def read_message(source: Source) -> bytes:
    """The next whole message, empty at the end of the connection."""
    head = source.read(2)
    if len(head) < 2:
        return b""
    more = head[1] - 0x80
    longer = source.read(more) if more > 0 else b""
    size = int.from_bytes(longer) if more > 0 else head[1]
    body = source.read(size)
    return head + longer + body if len(body) == size else b""


def message_parts(message: bytes) -> tuple[bytes, int]:
    """The message's id, as it is encoded, and the tag of what it holds."""
    more = message[1] - 0x80
    start = 2 + max(more, 0)
    end = start + 2 + message[start + 1]
    return message[start:end], message[end]


def ber(tag: int, content: bytes) -> bytes:
    """One element."""
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x84]) + size.to_bytes(4)
    return bytes([tag]) + length + content


def result(
    message_id: bytes, request: Request, code: int, *, words: str = "", referral: str = ""
) -> bytes:
    """The answer that ends an operation."""
    parts = ber(0x0A, bytes([code])) + ber(0x04, b"") + ber(0x04, words.encode())
    if code == REFERRAL:
        parts += ber(0xA3, ber(0x04, referral.encode()))
    return ber(0x30, message_id + ber(_ANSWER[request], parts))


def entry(message_id: bytes, dn: str, attributes: Mapping[str, Sequence[bytes]]) -> bytes:
    """One entry that a search has found."""
    lines = b"".join(
        ber(0x30, ber(0x04, name.encode()) + ber(0x31, b"".join(ber(0x04, v) for v in values)))
        for name, values in attributes.items()
    )
    return ber(0x30, message_id + ber(_ENTRY, ber(0x04, dn.encode()) + ber(0x30, lines)))
