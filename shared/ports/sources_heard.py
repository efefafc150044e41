"""When each HR system was last heard of, of those that are expected to send."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class SourcesHeard(Protocol):
    """When each was last heard of."""

    async def heard(self) -> Mapping[str, datetime]:
        """Returns when each source was heard of last, by its name."""

    async def hear(self, source: str, at: datetime) -> None:
        """Remembers that a source has sent."""
