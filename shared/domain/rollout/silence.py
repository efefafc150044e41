"""Silence: an HR source that has sent before and has not for longer than its file allows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

GRAIN: Final = timedelta(minutes=15)
"""How often it is kept that a source has sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHeard:
    """A source whose silence is to be told, and when it has sent last."""

    source: str
    heard_at: datetime | None
    """To the quarter of an hour; None: never since silence is to be told."""
    allowed: timedelta

    def is_silent(self, now: datetime) -> bool:
        """Tells whether it is silent for too long; one that never sent has no rhythm to miss."""
        # It may have sent until a quarter of an hour after what was kept.
        return self.heard_at is not None and now - self.heard_at > self.allowed + GRAIN


def sources_heard(
    rhythms: Mapping[str, timedelta], heard: Mapping[str, datetime]
) -> Iterator[SourceHeard]:
    """Yields each source whose silence is to be told, by name."""
    for source, allowed in sorted(rhythms.items()):
        yield SourceHeard(source=source, heard_at=heard.get(source), allowed=allowed)
