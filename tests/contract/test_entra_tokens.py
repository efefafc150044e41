"""Tokens of Entra: whoever serves its keys slowly, wrongly or not at all lets nobody in or out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.domain.errors import DirectoryUnavailable, NotAuthenticated
from tests.support.entra_keys import APP, NOW, TENANT, EntraKeys

LATER = NOW + timedelta(minutes=2)
"""When an unknown key is worth another look."""


@pytest.fixture
async def entra() -> AsyncIterator[EntraKeys]:
    entra = EntraKeys()
    async with await entra.listen():
        yield entra
        entra.answers.set()


async def test_a_tenant_written_in_capitals_is_the_same_tenant(entra: EntraKeys) -> None:
    assert await entra.tokens(TENANT.upper()).application_of(entra.token(), NOW) == APP
    assert entra.paths == [f"/{TENANT}/discovery/v2.0/keys"]


async def test_whoever_brings_a_known_key_does_not_wait_while_a_made_up_one_is_looked_for(
    entra: EntraKeys,
) -> None:
    tokens = entra.tokens()
    await tokens.application_of(entra.token(), NOW)
    entra.asked.clear()
    entra.answers.clear()
    made_up = asyncio.create_task(tokens.application_of(entra.token("made-up"), LATER))
    await entra.asked.wait()

    assert await asyncio.wait_for(tokens.application_of(entra.token(), LATER), 5) == APP

    assert not made_up.done()
    entra.answers.set()
    with pytest.raises(NotAuthenticated, match="none of Entra's keys"):
        await made_up


async def test_whoever_comes_while_the_first_keys_are_on_their_way_waits_for_them(
    entra: EntraKeys,
) -> None:
    tokens = entra.tokens()
    entra.answers.clear()
    both = [asyncio.create_task(tokens.application_of(entra.token(), NOW)) for _ in range(2)]
    await entra.asked.wait()
    entra.answers.set()
    assert await asyncio.gather(*both) == [APP, APP]
    assert len(entra.paths) == 1


@pytest.mark.parametrize(
    "body",
    [b"<html>Sign in to the proxy</html>", b"\xff", b"[]", b'{"keys": []}', b'{"keys": [7]}'],
)
async def test_what_is_no_list_of_keys_is_an_outage_and_makes_no_token_false(
    entra: EntraKeys, body: bytes
) -> None:
    fresh, used = entra.tokens(), entra.tokens()
    await used.application_of(entra.token(), NOW)
    entra.body = body
    for _ in range(2):
        with pytest.raises(DirectoryUnavailable, match="keys could not be read"):
            await fresh.application_of(entra.token(), NOW)
    with pytest.raises(DirectoryUnavailable, match="keys could not be read"):
        await used.application_of(entra.token("new"), LATER)
    assert await used.application_of(entra.token(), LATER) == APP
