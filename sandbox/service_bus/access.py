"""Who may do what on one connection: the tokens that came by claims-based security."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import unquote_plus, urlsplit

AUDIENCE: Final = "https://servicebus.azure.net"
_SAS_PREFIX: Final = "SharedAccessSignature "


class Role(StrEnum):
    """What a `queueRoles` claim can grant, after the built-in Azure roles' last word."""

    SENDER = "Sender"
    RECEIVER = "Receiver"


class InvalidTokenError(ValueError):
    """A token that proves nothing; says why."""


class UnauthorizedError(PermissionError):
    """The connection's tokens do not allow this; says what is missing."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says; `queue_roles` is `None` when it restricts nothing."""

    expires_at: float | None = None
    queue_roles: dict[str, frozenset[str]] | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """What tokens are checked by.

    Attributes:
        signing: For HS256; without it any JWT is taken as it is.
        shared: By their names, the shared access keys, each of which may do everything.
    """

    signing: bytes | None = None
    shared: Mapping[str, str] = field(default_factory=dict)


def verify_token(token: str, keys: Keys, queue: str, now: float) -> Claims:
    """Checks a token; without a signing key any JWT is taken as it is.

    Args:
        token: What put-token carried.
        keys: To check it by.
        queue: What it was put for, in lower case.
        now: Unix seconds.

    Raises:
        InvalidTokenError: not signed with the key, expired, or for something else.
    """
    if token.startswith(_SAS_PREFIX):
        return _shared_access(token, keys.shared, queue, now)
    signing_key = keys.signing
    if signing_key is None:
        return Claims()
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, payload, signature
        raise InvalidTokenError("the token is neither a SAS token nor a JWT of three parts")
    header, payload = _json_part(parts[0], "header"), _json_part(parts[1], "payload")
    if header.get("alg") != "HS256":
        raise InvalidTokenError(f"the token's alg is {header.get('alg')!r}, not 'HS256'")
    signed = f"{parts[0]}.{parts[1]}".encode()
    if not hmac.compare_digest(hmac.digest(signing_key, signed, hashlib.sha256), _raw(parts[2])):
        raise InvalidTokenError("the token's signature is not the signing key's")
    return _claims(payload, now)


def _shared_access(token: str, keys: Mapping[str, str], queue: str, now: float) -> Claims:
    """Checks a shared access signature.

    Source: "Service Bus access control with Shared Access Signatures", Microsoft Learn.
    """
    pairs = [part.partition("=") for part in token.removeprefix(_SAS_PREFIX).split("&")]
    parts = {name: value for name, _, value in pairs}
    key = keys.get(unquote_plus(parts.get("skn", "")))
    if key is None:
        raise InvalidTokenError("the signature names no key that there is")
    resource, expiry = parts.get("sr", ""), parts.get("se", "")
    digest = hmac.digest(key.encode(), f"{resource}\n{expiry}".encode(), hashlib.sha256)
    if not hmac.compare_digest(
        base64.b64encode(digest), unquote_plus(parts.get("sig", "")).encode()
    ):
        raise InvalidTokenError("the signature is not that of the key")
    if not expiry.isdigit() or int(expiry) <= now:
        raise InvalidTokenError(f"the signature's se {expiry!r} is missing or past")
    of = urlsplit(unquote_plus(resource)).path.strip("/").lower()
    if of and of.partition("/$")[0] != queue:
        raise InvalidTokenError(f"the signature is for {of!r}, not for {queue!r}")
    return Claims(float(expiry))


def _claims(payload: dict[str, Any], now: float) -> Claims:
    expires_at = payload.get("exp")
    if not isinstance(expires_at, int | float) or expires_at <= now:
        raise InvalidTokenError(f"the token's exp {expires_at!r} is missing or past")
    audience = payload.get("aud")
    if not isinstance(audience, str) or not audience.startswith(AUDIENCE):
        raise InvalidTokenError(f"the token's aud {audience!r} does not begin with {AUDIENCE}")
    roles = payload.get("queueRoles")
    if roles is None:
        return Claims(expires_at)
    if not isinstance(roles, dict) or not all(isinstance(names, list) for names in roles.values()):
        raise InvalidTokenError("the token's queueRoles is not an object of queue name to roles")
    by_queue = {queue.lower(): frozenset(names) for queue, names in roles.items()}
    return Claims(expires_at, by_queue)


def _raw(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (ValueError, binascii.Error) as error:
        raise InvalidTokenError(f"a part of the token is not base64url: {error}") from error


def _json_part(part: str, name: str) -> dict[str, Any]:
    try:
        parsed = json.loads(_raw(part))
    except ValueError as error:
        raise InvalidTokenError(f"the token's {name} is not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise InvalidTokenError(f"the token's {name} is not a JSON object")
    return parsed


class Access:
    """The tokens put on one connection.

    Attributes:
        keys: What tokens are checked by.
        token_required: Whether a queue is closed to whoever put no token for it: on TLS ports, but
            not on the plain port, which is the emulator's.
    """

    def __init__(self, keys: Keys, *, token_required: bool) -> None:
        self.keys = keys
        self.token_required = token_required
        self._claims: dict[str, Claims] = {}

    def put_token(self, queue: str, token: str, now: float) -> None:
        """Remembers a token for a queue.

        Raises:
            InvalidTokenError: it proves nothing.
        """
        self._claims[queue] = verify_token(token, self.keys, queue, now)

    def demand(self, queue: str, *any_of: Role, now: float) -> None:
        """Insists on one of the roles.

        Raises:
            UnauthorizedError: no token, an expired one, or one without any of the roles.
        """
        claims = self._claims.get(queue)
        if claims is None:
            if self.token_required:
                raise UnauthorizedError(f"no token was put for queue '{queue}'")
            return
        if claims.expires_at is not None and claims.expires_at <= now:
            raise UnauthorizedError(f"the token for queue '{queue}' is expired")
        if claims.queue_roles is None:
            return
        if not claims.queue_roles.get(queue, frozenset()) & set(any_of):
            wanted = " or ".join(any_of)
            raise UnauthorizedError(f"the token does not grant {wanted} on queue '{queue}'")
