"""Tokens that were issued in memory, and whom each stands for."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.errors import NotAuthenticated


@dataclass(slots=True)
class IssuedTokens[Holder]:
    """Tokens, each its holder's until some time."""

    _issued: dict[str, tuple[Holder, datetime]] = field(default_factory=dict, init=False)

    def issue(self, token: str, holder: Holder, until: datetime) -> None:
        """Lets the token be theirs until then."""
        self._issued[token] = holder, until

    def holder_of(self, token: str, now: datetime) -> Holder:
        """Returns whoever the token was issued to.

        Raises:
            NotAuthenticated: it was never issued, or is no longer good.
        """
        if token not in self._issued or now >= self._issued[token][1]:
            raise NotAuthenticated("the token is none of this tenant's, or no longer")
        return self._issued[token][0]
