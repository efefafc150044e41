"""Tokens of Entra: whoever serves its keys slowly, wrongly or not at all lets nobody in or out."""

import asyncio
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import jwt
import pytest

from sandbox.testing.waiting import PATIENCE
from shared.adapters.entra.signing_keys import SigningKeys
from shared.adapters.entra.tokens import EntraTokens
from shared.domain.errors import DirectoryUnavailable, NotAuthenticated
from tests.support.entra_keys import (
    APP,
    AUDIENCE,
    NOW,
    PUBLISHED,
    STRANGER_S,
    TENANT,
    EntraKeys,
)

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

    assert await asyncio.wait_for(tokens.application_of(entra.token(), LATER), PATIENCE) == APP

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


async def test_an_answer_that_trickles_is_not_waited_for(
    entra: EntraKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte is a sign of life to the library, whose own limit is for the next one."""
    # Which a machine that stands still for a moment would reach first.
    patient = partial(jwt.PyJWKClient, cache_jwk_set=False, timeout=PATIENCE)
    monkeypatch.setattr(jwt, "PyJWKClient", lambda address, **_: patient(address))
    given_up = asyncio.Event()

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with suppress(ConnectionError):
            while not given_up.is_set():
                writer.write(b"H")
                await writer.drain()
                await asyncio.sleep(0.05)
            writer.close()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    address = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
    keys = SigningKeys(authority=address, tenant_id=TENANT, seconds=0.5)
    async with server:
        try:
            with pytest.raises(DirectoryUnavailable, match=r"within 0.5 s"):
                async with asyncio.timeout(PATIENCE):
                    await EntraTokens(keys, audience=AUDIENCE).application_of(entra.token(), NOW)
        finally:
            given_up.set()


ADA: dict[str, Any] = {
    "oid": "ada-id",
    "preferred_username": "ada@contoso.test",
    "roles": ["Rollout.Operator"],
}
OTHER_TENANT = "99999999-6a5e-4a07-9f0c-2c8d6a1b7e11"


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"scp": "user_impersonation"}, "ada@contoso.test"),
        ({"preferred_username": None, "upn": "ada@ad.test"}, "ada@ad.test"),
        ({"preferred_username": None, "unique_name": "ada@one.test"}, "ada@one.test"),
        ({"preferred_username": 7, "name": "Ada"}, "Ada"),
        ({"preferred_username": None}, APP),
        ({"preferred_username": None, "azp": None, "appid": "client-1"}, "client-1"),
        ({"aud": AUDIENCE.removeprefix("api://")}, "ada@contoso.test"),
        ({"iss": f"https://sts.windows.net/{TENANT}/"}, "ada@contoso.test"),
    ],
    ids=range(8),
)
async def test_people_and_apps_are_named_by_what_their_token_says(
    entra: EntraKeys, claims: dict[str, Any], name: str
) -> None:
    principal = await entra.tokens().principal_of(entra.token(**{**ADA, **claims}), NOW)
    assert (principal.name, principal.object_id) == (name, "ada-id")
    assert principal.roles == {"Rollout.Operator"}


async def test_only_the_roles_of_the_app_count(entra: EntraKeys) -> None:
    """A directory role or a group of that name, which others may hand out, opens nothing."""
    claims = {**ADA, "roles": None, "groups": ["Rollout.Operator"], "wids": ["Rollout.Operator"]}
    del claims["roles"]
    assert (await entra.tokens().principal_of(entra.token(**claims), NOW)).roles == frozenset()


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": int(NOW.timestamp()) - 400}, "expired"),
        ({"nbf": int(NOW.timestamp()) + 400}, "not valid yet"),
        ({"exp": "never"}, "no"),
        ({"aud": "api://another"}, "somebody else"),
        ({"aud": [AUDIENCE]}, "somebody else"),
        ({"iss": f"https://sts.windows.net/{OTHER_TENANT}/"}, "another tenant"),
        ({"iss": "https://login.evil.test/v2.0"}, "another tenant"),
        ({"tid": OTHER_TENANT}, "another tenant"),
        ({"tid": None}, "another tenant"),
        ({"azp": None}, "names no app"),
        ({"oid": None}, "no object id"),
        ({"roles": "Rollout.Operator"}, "no list"),
        ({"cnf": {"kid": "x"}}, "proof-of-possession"),
    ],
    ids=range(13),
)
async def test_a_token_that_is_not_for_us_from_this_tenant_and_now_is_refused(
    entra: EntraKeys, claims: dict[str, Any], reason: str
) -> None:
    with pytest.raises(NotAuthenticated, match=reason):
        await entra.tokens().principal_of(entra.token(**{**ADA, **claims}), NOW)


def unsigned(token: str, **header: Any) -> str:
    """The same claims under another header, with the signature of before or without one."""
    _, claims, signature = token.split(".")
    text = json.dumps({"typ": "JWT", "kid": "known", **header}).encode()
    kept = "" if header["alg"].lower() == "none" else signature
    return f"{urlsafe_b64encode(text).decode().rstrip('=')}.{claims}.{kept}"


def by_public_key(token: str) -> str:
    """The same, signed by what everybody knows as if it were a shared secret."""
    signed = token.rpartition(".")[0]
    code = hmac.digest(json.dumps(PUBLISHED).encode(), signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(code).decode().rstrip('=')}"


async def test_nothing_that_entra_has_not_signed_is_taken(entra: EntraKeys) -> None:
    good = entra.token(**ADA)
    claims = jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")
    stranger = urlsafe_b64encode(json.dumps({**claims, "roles": ["Root"]}).encode()).decode()
    forged = {
        "none": unsigned(good, alg="none"),
        "None": unsigned(good, alg="None"),
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "other claims": f"{head}.{stranger.rstrip('=')}.{signature}",
        "another's key": jwt.encode(claims, STRANGER_S, "RS256", headers={"kid": "known"}),
        "its own key": jwt.encode(
            claims, STRANGER_S, "RS256", headers={"kid": "known", "jwk": PUBLISHED}
        ),
        "the public key as a secret": by_public_key(unsigned(good, alg="HS256")),
        "HS256 by name": unsigned(good, alg="HS256"),
        "no key named": jwt.encode(claims, STRANGER_S, "RS256"),
        "a number for a key": unsigned(good, alg="RS256", kid=7),
        "too long": f"{good}{'A' * 20_000}",
    }
    tokens = entra.tokens()
    assert (await tokens.principal_of(good, NOW)).object_id == "ada-id"
    for name, token in forged.items():
        with pytest.raises(NotAuthenticated):
            pytest.fail(f"{name}: {await tokens.principal_of(token, NOW)}")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"scp": "user_impersonation"}, "is a user's"),
        ({"azp": None}, "names no app"),
        ({"azp": 7}, "names no app"),
    ],
    ids=range(3),
)
async def test_an_hr_system_sends_what_an_app_got_for_itself(
    entra: EntraKeys, claims: dict[str, Any], reason: str
) -> None:
    with pytest.raises(NotAuthenticated, match=reason):
        await entra.tokens().application_of(entra.token(**claims), NOW)
