"""Text that may be longer than one property of a row can hold, spread over several."""

from collections.abc import Mapping
from typing import Any

_PIECE = 16_000
"""A string property holds 64 KiB of UTF-16: 16,000 code points fit, whatever they are."""


def spread(name: str, text: str) -> dict[str, str]:
    """Spreads the text over properties `name0`, `name1` and so on; a whole row may hold 1 MiB."""
    pieces = range(0, max(len(text), 1), _PIECE)
    return {f"{name}{number}": text[start : start + _PIECE] for number, start in enumerate(pieces)}


def gathered(name: str, row: Mapping[str, Any]) -> str | None:
    """Puts together what `spread` took apart; None if nothing of that name is in the row."""
    pieces: list[str] = []
    while (piece := row.get(f"{name}{len(pieces)}")) is not None:
        pieces.append(piece)
    return "".join(pieces) if pieces else None
