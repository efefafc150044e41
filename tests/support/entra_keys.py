"""Where Entra publishes the keys that it signs tokens with, and tokens that it has signed."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.testing.waiting import PATIENCE
from shared.adapters.entra.signing_keys import SigningKeys
from shared.adapters.entra.tokens import EntraTokens

TENANT, APP = "2f7c1c6e-6a5e-4a07-9f0c-2c8d6a1b7e11", "0a6d2a34-5b5e-4cf4-9d0f-3a1a5d1b9c11"
AUDIENCE = "api://sspr-rollout"
NOW = datetime.now(UTC)
KEY, STRANGER_S = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
PUBLISHED = {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "known"}


class EntraKeys:
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
        keys = SigningKeys(authority=self.address, tenant_id=tenant_id, seconds=PATIENCE)
        return EntraTokens(keys, audience=AUDIENCE)

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

    async def listen(self) -> asyncio.Server:
        """Answer on an address of its own; to be closed by the caller."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.address = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
        return server
