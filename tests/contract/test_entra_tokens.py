"""Tokens of Entra: whoever serves its keys slowly, wrongly or not at all lets nobody in or out."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from shared.adapters.hr.entra_tokens import EntraTokens
from shared.domain.errors import DirectoryUnavailable, NotAuthenticated

TENANT, APP = "2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e11", "0a6d2a34-5b5e-4cf4-9d0f-3a1a5d1b9c11"
AUDIENCE = "api://sspr-rollout"
NOW = datetime.now(UTC)
LATER = NOW + timedelta(minutes=2)
"""When an unknown key is worth another look."""
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLISHED = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "known"}


class Entra:
    """Where Entra publishes its keys; a test says what is answered, and when."""

    def __init__(self) -> None:
        self.body = json.dumps({"keys": [PUBLISHED]}).encode()
        self.paths: list[str] = []
        self.asked, self.answers = asyncio.Event(), asyncio.Event()
        self.answers.set()
        self.address = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.paths.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
        self.asked.set()
        await self.answers.wait()
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + self.body)
        await writer.drain()
        writer.close()

    def tokens(self, tenant_id: str = TENANT) -> EntraTokens:
        return EntraTokens(authority=self.address, tenant_id=tenant_id, audience=AUDIENCE)

    def token(self, kid: str = "known", **claims: Any) -> str:
        said = {
            "aud": AUDIENCE,
            "iss": f"{self.address}/{TENANT}/v2.0",
            "exp": int(NOW.timestamp()) + 3600,
            "tid": TENANT,
            "azp": APP,
            **claims,
        }
        return jwt.encode(said, KEY, algorithm="RS256", headers={"kid": kid})


@pytest.fixture
async def entra() -> AsyncIterator[Entra]:
    entra = Entra()
    async with await asyncio.start_server(entra.serve, "127.0.0.1", 0) as server:
        entra.address = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
        yield entra
        entra.answers.set()


async def test_a_tenant_written_in_capitals_is_the_same_tenant(entra: Entra) -> None:
    assert await entra.tokens(TENANT.upper()).application_of(entra.token(), NOW) == APP
    assert entra.paths == [f"/{TENANT}/discovery/v2.0/keys"]


async def test_whoever_brings_a_known_key_does_not_wait_while_a_made_up_one_is_looked_for(
    entra: Entra,
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
    entra: Entra,
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
    entra: Entra, body: bytes
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
