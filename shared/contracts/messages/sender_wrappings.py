"""Texts that a sender's library has put into something of its own, told by bytes alone.

Each reader answers with what was inside, or with None where the bytes are something else. They
look for what nothing but that library writes, so that nobody's text is taken for another's.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from html import unescape

_NAMESPACE = b"http://schemas.microsoft.com/2003/10/Serialization/"
_STRING = b"@\x06string\x08" + bytes([len(_NAMESPACE)]) + _NAMESPACE
_BYTES = b"@\x0cbase64Binary\x08" + bytes([len(_NAMESPACE)]) + _NAMESPACE
_LENGTH_BYTES = {0x98: 1, 0x9A: 2, 0x9C: 4, 0x9E: 1, 0xA0: 2, 0xA2: 4}
"""Records of text (98, 9A, 9C) and of bytes (9E, A0, A2), by how many bytes tell their length.

The odd number after each is the same and ends the element. Source: MC-NBFX, section 2.2.3.
"""
_EMPTY, _END = 0xA8, 0x01
# Here and below nothing that repeats can match what follows it, so that time is linear.
_XML = re.compile(
    r"(?:<\?xml[^<>?]*\?>\s*)?"
    r"<(string|base64Binary) xmlns=\"http://schemas\.microsoft\.com/2003/10/Serialization/\">"
    r"([^<>]*)</\1>"
)
_JAVA = b"\xac\xed\x00\x05"
_JAVA_STRING = {0x74: 2, 0x7C: 8}
"""Strings of the Java Object Serialization Protocol, by how many bytes tell their length."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")

type Inner = Callable[[bytes], bytes | None]


def of_data_contract(body: bytes) -> bytes | None:
    """Reads what .NET's `BrokeredMessage(object)` writes of a text or of bytes: binary XML."""
    for opening in (_STRING, _BYTES):
        if body.startswith(opening):
            return _records(body[len(opening) :])
    return None


def of_data_contract_xml(body: bytes) -> bytes | None:
    """Reads what .NET's DataContractSerializer writes of a text or of bytes: textual XML."""
    try:
        found = _XML.fullmatch(body.removeprefix(b"\xef\xbb\xbf").decode().strip())
        if not found:
            return None
        text = unescape(found[2])
    except ValueError:
        # Not UTF-8, or a character's number of thousands of digits.
        return None
    return text.encode("utf-8", "replace") if found[1] == "string" else of_base64(text)


def of_java(body: bytes) -> bytes | None:
    """Reads a serialised Java String, which senders with a serialising converter write."""
    if not body.startswith(_JAVA) or len(body) < len(_JAVA) + 1:
        return None
    size = _JAVA_STRING.get(body[len(_JAVA)])
    if size is None:
        return None
    start = len(_JAVA) + 1 + size
    if int.from_bytes(body[len(_JAVA) + 1 : start]) != len(body) - start:
        return None
    # Modified UTF-8: two bytes for NUL, and each half of a pair by itself.
    try:
        text = body[start:].replace(b"\xc0\x80", b"\0").decode("utf-8", "surrogatepass")
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le").encode()
    except UnicodeDecodeError:
        return None


def of_base64(text: str) -> bytes | None:
    """Reads base64, also with the alphabet of addresses and without its padding."""
    letters = "".join(text.split())
    if not _BASE64.fullmatch(letters):
        return None
    plain = letters.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except NotBase64:
        return None


def _records(rest: bytes) -> bytes | None:
    """Reads the records of an element up to its end, as .NET's binary reader does."""
    found, at = bytearray(), 0
    while at < len(rest):
        kind = rest[at]
        ends = kind % 2 == 1
        size = _LENGTH_BYTES.get(kind - ends, 0)
        if not size and kind not in {_END, _EMPTY, _EMPTY + 1}:
            return None
        start = at + 1 + size
        at = start + int.from_bytes(rest[at + 1 : start], "little")
        found += rest[start:at]
        if ends:
            return bytes(found) if at == len(rest) else None
    return None


WRAPPINGS: tuple[tuple[str, Inner], ...] = (
    ("a text serialised by .NET (binary XML)", of_data_contract),
    ("a text serialised by .NET (XML)", of_data_contract_xml),
    ("a text serialised by Java", of_java),
)
"""By what they are called towards whoever reads a refusal."""
