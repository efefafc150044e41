"""Signatures of webhooks: an HMAC over what was sent, and the time against replay.

The forms are those of published webhooks: hex, base64 and base64url; prefixes; the time in a header
of its own or beside the signature (t=…,v1=…); several signatures in one header, as Standard
Webhooks has them while a secret changes; other headers, the method and the address in what is
signed.
"""

import binascii
import hashlib
import hmac
import re
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Self

from shared.contracts.documents.hr_sources.proof_rules import HEADER, PLACEHOLDER
from shared.contracts.documents.hr_sources.proofs import Hmac
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.documents.scalars import span
from shared.domain.errors import NotAuthenticated, WrongTime
from shared.hr.kind import HrKinds
from shared.hr.registry import HR_KINDS
from shared.hr.request import HrRequest

_BODY, _TIMESTAMP = "{body}", "{timestamp}"
_MILLISECONDS = 10**11
"""A number from here on counts milliseconds: as seconds it would be in the year 5138."""
_MOST_SIGNATURES = 10
_URL_SAFE = re.compile(r"[A-Za-z0-9_-]*={0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """How a source signs, with what is known of its kind filled in."""

    header: str
    algorithm: str
    encoding: str
    prefix: str
    signed: str
    timestamp_header: str | None
    signature_part: str | None
    timestamp_part: str | None
    address: str | None
    tolerance: timedelta

    @classmethod
    def of(cls, source: Source, kinds: HrKinds = HR_KINDS) -> Self:
        """Returns how the source signs, filled in from its kind's signature if that is known."""
        known = kinds[source.kind].signature
        told = source.hmac or Hmac(secret="none")  # noqa: S106  # a name
        parts = told.parts
        timestamp_part = parts.timestamp if parts else None
        in_header = known.timestamp_header if known and not timestamp_part else None
        return cls(
            header=told.header or (known.header if known else ""),
            algorithm=told.algorithm,
            encoding=told.encoding,
            prefix=told.prefix or "",
            signed=told.signed or (known.signed if known else _BODY),
            timestamp_header=told.timestamp_header or in_header,
            signature_part=parts.signature if parts else None,
            timestamp_part=timestamp_part,
            address=told.address,
            tolerance=span(told.tolerance),
        )

    def sign(self, secret: bytes, request: HrRequest, timestamp: str = "") -> dict[str, str]:
        """Returns the headers that prove the request, as its sender would add them."""
        text = self.prefix + self._encoded(self._digest(secret, request, timestamp))
        if self.signature_part:
            text = f"{self.signature_part}={text}"
        if self.timestamp_part:
            text = f"{self.timestamp_part}={timestamp},{text}"
        return {self.header: text} | (
            {self.timestamp_header: timestamp} if self.timestamp_header else {}
        )

    def check(self, secrets: Sequence[bytes], request: HrRequest, now: datetime) -> None:
        """Lets the request pass if somebody who knows a secret has sent it, a moment ago.

        Args:
            secrets: as the sender has them; two while one is being changed.
            request: as it came.
            now: the time.

        Raises:
            NotAuthenticated: the signature is missing or wrong, or its time too far from ours.
        """
        given = request.header(self.header)
        if not given:
            raise NotAuthenticated(f"the header {self.header} is missing")
        timestamp = self._timestamp(request, given)
        wanted = [self._digest(one, request, timestamp) for one in secrets]
        signatures = [self._decoded(one) for one in self._signatures(given)]
        # Each is compared with each, so that the time taken tells of none.
        matches = [hmac.compare_digest(one, other) for one in signatures for other in wanted]
        if not any(matches):
            raise NotAuthenticated("the signature is not the body's")
        if self._is_timed and abs(now - _moment(timestamp)) > self.tolerance:
            raise WrongTime("the time of sending is too far from ours")

    @property
    def _is_timed(self) -> bool:
        return bool(self.timestamp_header or self.timestamp_part)

    def _timestamp(self, request: HrRequest, given: str) -> str:
        if self.timestamp_part:
            found = next(_parts(given, self.timestamp_part), "")
            if not found:
                raise NotAuthenticated(f"{self.timestamp_part}= is missing in {self.header}")
            return found
        if self.timestamp_header:
            found = request.header(self.timestamp_header)
            if not found:
                raise NotAuthenticated(f"the header {self.timestamp_header} is missing")
            return found
        return ""

    def _signatures(self, given: str) -> Sequence[str]:
        """Returns the signatures that the header holds; a space in the prefix parts none."""
        if self.signature_part:
            return [*_parts(given, self.signature_part)][:_MOST_SIGNATURES]
        between = "".join(one for one in " ," if one not in self.prefix)
        if not between:
            return [given.strip()]
        return [one for one in re.split(f"[{between}]+", given.strip()) if one][:_MOST_SIGNATURES]

    def _digest(self, secret: bytes, request: HrRequest, timestamp: str) -> bytes:
        made = hmac.new(secret, digestmod=getattr(hashlib, self.algorithm))
        before, _, after = self.signed.partition(_BODY)
        made.update(self._filled(before, request, timestamp))
        made.update(request.body)
        made.update(self._filled(after, request, timestamp))
        return made.digest()

    def _filled(self, text: str, request: HrRequest, timestamp: str) -> bytes:
        stands_for = {
            "timestamp": timestamp,
            "method": request.method.upper(),
            "url": self.address or request.url,
            "path": request.path,
        }

        def said(found: re.Match[str]) -> str:
            name = found[1]
            if name.startswith(HEADER):
                return request.header(name.removeprefix(HEADER))
            return stands_for[name]

        # A header may hold half a character, which is part of nobody's signature.
        return PLACEHOLDER.sub(said, text).encode(errors="backslashreplace")

    def _encoded(self, made: bytes) -> str:
        match self.encoding:
            case "hex":
                return made.hex()
            case "base64url":
                return urlsafe_b64encode(made).decode().rstrip("=")
            case _:
                return binascii.b2a_base64(made, newline=False).decode()

    def _decoded(self, given: str) -> bytes:
        """Returns the given signature as bytes.

        They are empty, and so equal to no signature, if it is not written as agreed.
        """
        if not given.startswith(self.prefix):
            return b""
        text = given.removeprefix(self.prefix)
        try:
            match self.encoding:
                case "hex":
                    return bytes.fromhex(text)
                case "base64url":
                    return _url_safe(text)
                case _:
                    return b64decode(text, validate=True)
        except ValueError:
            return b""


def _url_safe(text: str) -> bytes:
    """Reads base64url, with or without its padding."""
    if not _URL_SAFE.fullmatch(text):
        raise ValueError("not base64url")
    bare = text.rstrip("=")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def _parts(given: str, name: str) -> Iterator[str]:
    """Yields the values of the parts with that name in a header such as t=…,v1=…."""
    for part in given.split(","):
        key, equals, value = part.strip().partition("=")
        if equals and key.strip() == name:
            yield value.strip()


def _moment(text: str) -> datetime:
    """Reads a time: seconds or milliseconds since 1970, ISO 8601 with its zone, or HTTP's date."""
    try:
        if text.isdecimal():
            number = int(text)
            seconds = number / 1000 if number >= _MILLISECONDS else number
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        moment = parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise NotAuthenticated("the time of sending is no time") from None
    if moment.tzinfo is None:
        raise NotAuthenticated("the time of sending is without its zone")
    return moment
