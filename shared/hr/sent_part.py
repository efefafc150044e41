"""A part of what was sent, with the name that it has there.

A complaint names the sender's field, not ours: whoever reads it knows that one.
"""

from dataclasses import dataclass
from typing import Any

from shared.domain.errors import InvalidMessage


@dataclass(frozen=True, slots=True)
class SentPart:
    """A part of what was sent, with the name that it has there."""

    field: str
    value: Any

    @property
    def text(self) -> str | None:
        """It as text; None where nothing is said.

        Raises:
            InvalidMessage: it is no text, nor a whole number.
        """
        if self.value is None or self.value == "":
            return None
        if isinstance(self.value, str):
            return _whole(self.field, self.value)
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value)
        raise InvalidMessage(self.field, "write text")

    @property
    def required(self) -> str:
        """The text; raises as `text` does, and where there is none."""
        text = self.text
        if text is None:
            raise InvalidMessage(self.field, "is missing")
        return text


def _whole(field: str, text: str) -> str:
    """Refuses a text in which JSON's escapes have left half a character that nobody can write."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidMessage(field, "holds half a character (a lone surrogate)") from None
    return text
