"""The HR systems that may send, and how they prove who they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.contracts.documents.hr_sources.vocabulary import Source


class Tokens(Protocol):
    """Access tokens that Entra has issued for this app."""

    async def application_of(self, token: str, now: datetime) -> str:
        """Returns the client id of the app that has been given the token.

        Raises:
            NotAuthenticated: it is no token of this tenant for us, or no longer.
            DirectoryUnavailable: Entra's keys could not be read.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """The HR systems that may send, and what their proofs are checked with."""

    sources: Mapping[str, Source]
    secrets: Mapping[str, bytes] = field(repr=False, default_factory=dict)
    """By name, in lower case."""
    tokens: Tokens | None = None
    """None where no source needs it."""
