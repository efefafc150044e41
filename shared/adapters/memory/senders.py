"""The port `Tokens` of those who send, in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.errors import NotAuthenticated


@dataclass(slots=True)
class MemoryTokens:
    """Tokens that were issued to apps, each until some time."""

    pause: Pause = straight_on
    _issued: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def issue(self, token: str, application: str, until: datetime) -> None:
        """Lets the token be the app's until then."""
        self._issued[token] = application, until

    async def application_of(self, token: str, now: datetime) -> str:
        """Returns the client id of the app that has been given the token.

        Raises:
            NotAuthenticated: it was never issued, or is no longer good.
        """
        await self.pause("tokens.application_of")
        application, until = self._issued.get(token, ("", now))
        if now >= until:
            raise NotAuthenticated("the token is none of this tenant's, or no longer")
        return application
