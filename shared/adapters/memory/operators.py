"""The port `OperatorTokens`, in memory."""

from dataclasses import dataclass
from datetime import datetime

from shared.adapters.memory.issued import IssuedTokens
from shared.adapters.memory.turns import Pause, straight_on
from shared.ports.operators import Principal


@dataclass(slots=True)
class MemoryOperatorTokens(IssuedTokens[Principal]):
    """Tokens that were issued to operators, each until some time."""

    pause: Pause = straight_on

    async def principal_of(self, token: str, now: datetime) -> Principal:
        """Returns whoever the token was issued to.

        Raises:
            NotAuthenticated: it was never issued, or is no longer good.
        """
        await self.pause("operator_tokens.principal_of")
        return self.holder_of(token, now)
