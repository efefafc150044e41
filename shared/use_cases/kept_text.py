"""The text that a body is kept as: all of it where a row can hold it, else what tells the most.

One way for every queue and door, so that whoever reads `sspr refused` has one to learn.
"""

from base64 import b64encode
from hashlib import sha256

from shared.ports.ledger import MOST_OF_A_BODY
from shared.ports.limits import cut, units_of


def kept_text(body: bytes) -> str:
    """Returns the body as text, in base64, or cut, whichever tells all it can.

    What is not UTF-8 takes four characters a byte as escapes, and fewer in base64.
    """
    text = body.decode("utf-8", "backslashreplace")
    if units_of(text) <= MOST_OF_A_BODY:
        return text
    encoded = f"base64:{b64encode(body).decode()}"
    if len(encoded) <= MOST_OF_A_BODY:
        return encoded
    whole = f"{len(body):,} bytes, SHA-256 {sha256(body).hexdigest()}; the rest is lost"
    return cut(text, whole, MOST_OF_A_BODY)
