"""The port `Tokens` of those who send, in memory."""

from dataclasses import dataclass
from datetime import datetime

from shared.adapters.memory.issued import IssuedTokens
from shared.adapters.memory.turns import Pause, straight_on


@dataclass(slots=True)
class MemoryTokens(IssuedTokens[str]):
    """Tokens that were issued to apps, named by their client ids, each until some time."""

    pause: Pause = straight_on

    async def application_of(self, token: str, now: datetime) -> str:
        """Returns the client id of the app that has been given the token.

        Raises:
            NotAuthenticated: it was never issued, or is no longer good.
        """
        await self.pause("tokens.application_of")
        return self.holder_of(token, now)
