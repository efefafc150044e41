"""What the ledger takes at most, whoever keeps it: as much as a row of Azure Tables."""

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
