"""The keys that Entra signs tokens with for whoever calls a webhook, and how it publishes them."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

_EXPONENT, _BITS = 65537, 2048


@dataclass
class WebhookKeys:
    """Made when first used, and new after every start of the process, as after a rollover."""

    _keys: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)

    def newest(self) -> tuple[str, rsa.RSAPrivateKey]:
        """The key to sign with, and its id."""
        if not self._keys:
            self.roll_over()
        return list(self._keys.items())[-1]

    def roll_over(self) -> None:
        """A new key takes the place of all before it."""
        self._keys = {uuid4().hex: rsa.generate_private_key(_EXPONENT, _BITS)}

    def published(self) -> dict[str, Any]:
        """The public halves, as a JWK set."""
        self.newest()
        keys = [
            json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": name, "use": "sig"}
            for name, key in self._keys.items()
        ]
        return {"keys": keys}
