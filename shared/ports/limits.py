"""What the ledger takes at most, whoever keeps it: as much as a row of Azure Tables."""

from hashlib import sha256

from shared.domain.errors import InvalidMessage

_MOST_BYTES = 1_000_000
"""A row holds 1 MiB, keys and names included.

Source: "Understanding the Table service data model", Microsoft.
"""


def refuse_too_large(text: str, name: str) -> None:
    """Refuses a text that is larger than the ledger takes of a value, such as a document.

    Raises:
        InvalidMessage: it says how large the text is, in bytes of UTF-16.
    """
    size = len(text.encode("utf-16-le"))
    if size > _MOST_BYTES:
        raise InvalidMessage(
            "(body)",
            f"{name.lower()}: takes {size:,} bytes in the ledger, where {_MOST_BYTES:,} fit; "
            "name a group in the place of people one by one",
        )


def units_of(text: str) -> int:
    """Returns how many units of UTF-16 the text takes; a property holds 32,768, a row 524,288."""
    return len(text.encode("utf-16-le", "backslashreplace")) // 2


def bounded(text: str, most: int) -> str:
    """Returns the text as a column can hold it, and says what is lost of one that is too long.

    Half of a pair of UTF-16, which JSON can say and UTF-8 cannot, is written as an escape.

    Args:
        text: Of any length and any content.
        most: Units of UTF-16; at least 150, so that there is room to tell of the loss.
    """
    legal = text.encode("utf-8", "backslashreplace").decode()
    if len(legal) * 2 <= most or units_of(legal) <= most:
        return legal
    digest = sha256(legal.encode()).hexdigest()
    return cut(legal, f"{len(legal):,} characters, SHA-256 {digest}", most)


def cut(text: str, whole: str, most: int) -> str:
    """Returns the beginning of a text that is too long, and what the `whole` was."""
    told = f"… (cut; the whole: {whole})"
    room = most - units_of(told)
    # What a cut through a pair leaves of it is dropped.
    return text.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore") + told
