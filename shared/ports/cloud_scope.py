"""The cloud scope group, as the use cases write it."""

from collections.abc import Collection, Mapping
from typing import Protocol

from shared.domain.person.writes import WriteResult


class CloudScope(Protocol):
    """The cloud scope group, written through Graph; this is its only writer."""

    async def add(self, object_ids: Collection[str]) -> Mapping[str, WriteResult]:
        """Puts people in, 20 to a PATCH, and returns the answer for each person."""

    async def remove(self, object_ids: Collection[str]) -> Mapping[str, WriteResult]:
        """Takes people out, and returns the answer for each person."""
