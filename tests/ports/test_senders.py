"""Tokens: the app that was given one is named, and nobody else is let in by it."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.adapters.memory.senders import MemoryTokens
from shared.adapters.memory.turns import Turns
from shared.domain.errors import DirectoryUnavailable, NotAuthenticated
from shared.ports.senders import Tokens
from tests.support.entra_keys import APP, NOW, EntraKeys

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Issuer(ABC):
    """Who issues tokens, and who checks them."""

    tokens: Tokens

    @abstractmethod
    def issue(self, application: str) -> str:
        """A token that is good for an hour."""

    @abstractmethod
    def go_away(self) -> None:
        """Let nobody be able to check a token who has not checked one before."""


class MemoryIssuer(Issuer):
    """In memory."""

    def __init__(self) -> None:
        self._turns = Turns()
        self._tokens = MemoryTokens(self._turns)
        self.tokens = self._tokens

    def issue(self, application: str) -> str:
        self._tokens.issue("a token", application, NOW + HOUR)
        return "a token"

    def go_away(self) -> None:
        self._turns.fail("tokens.application_of", DirectoryUnavailable("away"))


class EntraIssuer(Issuer):
    """Entra, as far as its keys go."""

    def __init__(self, keys: EntraKeys) -> None:
        self._keys = keys
        self.tokens = keys.tokens()

    def issue(self, application: str) -> str:
        return self._keys.token(azp=application)

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


async def test_the_app_that_was_given_the_token_is_named(issuer: Issuer) -> None:
    assert await issuer.tokens.application_of(issuer.issue(APP), NOW) == APP


@pytest.mark.parametrize("token", ["", "made up", "e30.e30.forged"])
async def test_what_was_never_issued_lets_nobody_in(issuer: Issuer, token: str) -> None:
    issuer.issue(APP)
    with pytest.raises(NotAuthenticated):
        await issuer.tokens.application_of(token, NOW)


async def test_a_token_ends(issuer: Issuer) -> None:
    token = issuer.issue(APP)
    with pytest.raises(NotAuthenticated):
        await issuer.tokens.application_of(token, NOW + DAY)


async def test_where_nothing_can_be_checked_the_sender_is_not_to_blame(issuer: Issuer) -> None:
    token = issuer.issue(APP)
    issuer.go_away()
    with pytest.raises(DirectoryUnavailable):
        await issuer.tokens.application_of(token, NOW)
