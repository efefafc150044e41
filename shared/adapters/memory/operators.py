"""The port `OperatorTokens`, in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.errors import NotAuthenticated
from shared.ports.operators import Principal


@dataclass(slots=True)
class MemoryOperatorTokens:
    """Tokens that were issued to operators, each until some time."""

    pause: Pause = straight_on
    _issued: dict[str, tuple[Principal, datetime]] = field(default_factory=dict)

    def issue(self, token: str, principal: Principal, until: datetime) -> None:
        """Lets the token be theirs until then."""
        self._issued[token] = principal, until

    async def principal_of(self, token: str, now: datetime) -> Principal:
        """Returns whoever the token was issued to.

        Raises:
            NotAuthenticated: it was never issued, or is no longer good.
        """
        await self.pause("operator_tokens.principal_of")
        if token not in self._issued or now >= self._issued[token][1]:
            raise NotAuthenticated("the token is none of this tenant's, or no longer")
        return self._issued[token][0]
