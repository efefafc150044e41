"""The text that a body is kept as: all of it where a row can hold it, else what tells the most.

One way for every queue and door, so that whoever reads `sspr refused` has one to learn.
"""

import re
from base64 import b64decode, b64encode
from hashlib import sha256

from shared.domain.errors import InvalidMessage
from shared.ports.ledger import MOST_OF_A_BODY
from shared.ports.limits import cut, units_of

_BASE64 = "base64:"
_CUT = re.compile(r"… \(cut; the whole: [^()]*\)\Z")


def kept_text(body: bytes) -> str:
    """Returns the body as text, in base64, or cut, whichever tells all it can.

    What is not UTF-8 takes four characters a byte as escapes, and fewer in base64.
    """
    text = body.decode("utf-8", "backslashreplace")
    if units_of(text) <= MOST_OF_A_BODY:
        return text
    encoded = f"{_BASE64}{b64encode(body).decode()}"
    if len(encoded) <= MOST_OF_A_BODY:
        return encoded
    whole = f"{len(body):,} bytes, SHA-256 {sha256(body).hexdigest()}; the rest is lost"
    return cut(text, whole, MOST_OF_A_BODY)


def body_of(kept: str) -> bytes:
    """Returns the body that a text was kept of.

    Raises:
        InvalidMessage: it was cut, or is no base64.
    """
    if _CUT.search(kept):
        raise InvalidMessage("(body)", "was too large to be kept whole")
    if not kept.startswith(_BASE64):
        return kept.encode()
    try:
        return b64decode(kept.removeprefix(_BASE64), validate=True)
    except ValueError:
        raise InvalidMessage("(body)", "is no base64") from None
