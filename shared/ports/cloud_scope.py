"""The cloud scope group, as the use cases write it."""

from collections.abc import Collection, Mapping
from typing import Protocol

from shared.domain.person.reasons import Reason
from shared.domain.person.writes import WriteResult


class CloudScope(Protocol):
    """The cloud scope group, written through Graph; this is its only writer."""

    async def obstacle(self) -> Reason | None:
        """Returns why the group is of a kind that may not be written; None where it may be."""

    async def add(self, object_ids: Collection[str]) -> Mapping[str, WriteResult]:
        """Puts people in, 20 to a PATCH, and returns the answer for each person."""

    async def remove(self, object_ids: Collection[str]) -> Mapping[str, WriteResult]:
        """Takes people out, and returns the answer for each person."""
