"""Signatures of webhooks: HMAC-SHA256 over the bytes that came, and the time against replay."""

import binascii
import hashlib
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from shared.contracts.documents.hr_sources.vocabulary import Hmac, Source
from shared.contracts.documents.scalars import span
from shared.domain.errors import NotAuthenticated
from shared.hr.kind import HrKinds
from shared.hr.registry import HR_KINDS

_BODY, _TIMESTAMP = "{body}", "{timestamp}"
_MILLISECONDS = 10**11
"""A number from here on counts milliseconds: as seconds it would be in the year 5138."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How a source signs, with what is known of its kind filled in."""

    header: str
    encoding: str
    prefix: str
    signed: str
    timestamp_header: str | None
    tolerance: timedelta

    @classmethod
    def of(cls, source: Source, kinds: HrKinds = HR_KINDS) -> Self:
        """Returns how the source signs, filled in from its kind's signature if that is known."""
        known = kinds[source.kind].signature
        told = source.hmac or Hmac(secret="none")  # noqa: S106  # a name
        return cls(
            header=told.header or (known.header if known else ""),
            encoding=told.encoding,
            prefix=told.prefix or "",
            signed=told.signed or (known.signed if known else _BODY),
            timestamp_header=told.timestamp_header or (known.timestamp_header if known else None),
            tolerance=span(told.tolerance),
        )

    def sign(self, secret: bytes, body: bytes, timestamp: str = "") -> str:
        """Returns the header's value for a body."""
        made = self._digest(secret, body, timestamp)
        text = made.hex() if self.encoding == "hex" else binascii.b2a_base64(made, newline=False)
        return self.prefix + (text if isinstance(text, str) else text.decode())

    def check(self, secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Lets the body pass if somebody who knows the secret has sent it, a moment ago.

        Args:
            secret: as the sender has it.
            headers: with names in lower case.
            body: the bytes as they came.
            now: the time.

        Raises:
            NotAuthenticated: the signature is missing or wrong, or its time too far from ours.
        """
        given = headers.get(self.header.lower(), "")
        if not given:
            raise NotAuthenticated(f"the header {self.header} is missing")
        timestamp = ""
        if self.timestamp_header:
            timestamp = headers.get(self.timestamp_header.lower(), "")
            if not timestamp:
                raise NotAuthenticated(f"the header {self.timestamp_header} is missing")
        if not hmac.compare_digest(self._decoded(given), self._digest(secret, body, timestamp)):
            raise NotAuthenticated("the signature is not the body's")
        if self.timestamp_header and abs(now - _moment(timestamp)) > self.tolerance:
            raise NotAuthenticated("the time of sending is too far from ours")

    def _digest(self, secret: bytes, body: bytes, timestamp: str) -> bytes:
        made = hmac.new(secret, digestmod=hashlib.sha256)
        before, _, after = self.signed.partition(_BODY)
        made.update(before.replace(_TIMESTAMP, timestamp).encode())
        made.update(body)
        made.update(after.replace(_TIMESTAMP, timestamp).encode())
        return made.digest()

    def _decoded(self, given: str) -> bytes:
        """Returns the given signature as bytes.

        They are empty, and so equal to no signature, if it is not written as agreed.
        """
        text = given.strip()
        if not text.startswith(self.prefix):
            return b""
        try:
            text = text.removeprefix(self.prefix)
            return bytes.fromhex(text) if self.encoding == "hex" else b64decode(text, validate=True)
        except ValueError:
            return b""


def _moment(text: str) -> datetime:
    """Reads a time: seconds or milliseconds since 1970, or ISO 8601 with its zone."""
    try:
        if text.isdecimal():
            number = int(text)
            seconds = number / 1000 if number >= _MILLISECONDS else number
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise NotAuthenticated("the time of sending is no time") from None
    if moment.tzinfo is None:
        raise NotAuthenticated("the time of sending is without its zone")
    return moment
