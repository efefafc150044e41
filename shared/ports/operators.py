"""Operators: who is asking, as Entra vouches for it."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person or an app to whom a token was issued."""

    object_id: str
    name: str
    """A person's, as Entra calls them; of an app its client id."""
    roles: AbstractSet[str]
    """The app roles that were assigned to them."""


class OperatorTokens(Protocol):
    """Access tokens that Entra has issued for the operator API."""

    async def principal_of(self, token: str, now: datetime) -> Principal:
        """Returns whoever the token was issued to.

        Raises:
            NotAuthenticated: it is no access token of this tenant for us, or no longer.
            DirectoryUnavailable: Entra's keys could not be read.
        """
