"""Operators' tokens: whoever was given one is named with their roles, and nobody else is."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.adapters.memory.operators import MemoryOperatorTokens
from shared.adapters.memory.turns import Turns
from shared.domain.errors import DirectoryUnavailable, NotAuthenticated
from shared.ports.operators import OperatorTokens, Principal
from tests.support.entra_keys import NOW, EntraKeys

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ADA = Principal(
    object_id="ada-id", name="ada@contoso.test", roles=frozenset({"Rollout.Reader", "Other.Role"})
)


class Issuer(ABC):
    """Who issues tokens, and who checks them."""

    tokens: OperatorTokens

    @abstractmethod
    def issue(self, principal: Principal) -> str:
        """A token that is good for an hour."""

    @abstractmethod
    def go_away(self) -> None:
        """Let nobody be able to check a token who has not checked one before."""


class MemoryIssuer(Issuer):
    """In memory."""

    def __init__(self) -> None:
        self._turns = Turns()
        self._tokens = MemoryOperatorTokens(self._turns)
        self.tokens = self._tokens

    def issue(self, principal: Principal) -> str:
        self._tokens.issue("a token", principal, NOW + HOUR)
        return "a token"

    def go_away(self) -> None:
        self._turns.fail("operator_tokens.principal_of", DirectoryUnavailable("away"))


class EntraIssuer(Issuer):
    """Entra, as far as its keys go."""

    def __init__(self, keys: EntraKeys) -> None:
        self._keys = keys
        self.tokens = keys.tokens()

    def issue(self, principal: Principal) -> str:
        said = {"oid": principal.object_id, "preferred_username": principal.name}
        return self._keys.token(**said, roles=sorted(principal.roles), scp="user_impersonation")

    def go_away(self) -> None:
        self._keys.body = b"<html>Sign in to the proxy</html>"


@pytest.fixture(params=["memory", "entra"])
async def issuer(request: pytest.FixtureRequest) -> AsyncIterator[Issuer]:
    if request.param == "memory":
        yield MemoryIssuer()
        return
    keys = EntraKeys()
    async with await keys.listen():
        yield EntraIssuer(keys)


async def test_whoever_was_given_the_token_is_named_with_their_roles(issuer: Issuer) -> None:
    assert await issuer.tokens.principal_of(issuer.issue(ADA), NOW) == ADA


@pytest.mark.parametrize("token", ["", "made up", "e30.e30.forged"])
async def test_what_was_never_issued_lets_nobody_in(issuer: Issuer, token: str) -> None:
    issuer.issue(ADA)
    with pytest.raises(NotAuthenticated):
        await issuer.tokens.principal_of(token, NOW)


async def test_a_token_ends(issuer: Issuer) -> None:
    token = issuer.issue(ADA)
    with pytest.raises(NotAuthenticated):
        await issuer.tokens.principal_of(token, NOW + DAY)


async def test_where_nothing_can_be_checked_nobody_is_called_a_liar(issuer: Issuer) -> None:
    token = issuer.issue(ADA)
    issuer.go_away()
    with pytest.raises(DirectoryUnavailable):
        await issuer.tokens.principal_of(token, NOW)
