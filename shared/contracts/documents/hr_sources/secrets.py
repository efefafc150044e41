"""The secrets of the settings as the bytes that proofs are checked with, and which are too weak."""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence

from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source

SHORTEST = 16
"""Bytes. A shorter secret is found by trying. Source: RFC 2104, section 3, and NIST SP 800-107,
section 5.3.2, which ask for 14 bytes and more."""
_STANDARD = "whsec_"
"""Before the base64 of a secret. Source: Standard Webhooks, "Signature scheme"."""


def keys_of(source: Source, secrets: Mapping[str, bytes]) -> Sequence[bytes]:
    """Returns the keys that a source's proof is checked with.

    Args:
        source: whose.
        secrets: by the names of their settings in lower case, as they stand there.

    Raises:
        KeyError: a setting is missing.
        ValueError: a setting is not written as the source says.
    """
    written = [secrets[name.lower()] for name in source.secret_names]
    if source.hmac and source.authentication is Authentication.HMAC:
        return [_bytes(one, source.hmac.secret_encoding) for one in written]
    return written


def weaknesses(source: Source, secrets: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yields what is wrong with the settings of a source's secrets: name and reason.

    What is missing is not told of.
    """
    encoding = source.hmac.secret_encoding if source.hmac else "text"
    for name in source.secret_names:
        try:
            key = _bytes(secrets[name.lower()], encoding)
        except KeyError:
            continue
        except ValueError:
            yield name, f"is not {encoding}, as the source says"
            continue
        if len(key) < SHORTEST:
            yield name, f"has fewer than {SHORTEST} bytes; have the sender make a longer secret"


def _bytes(secret: bytes, encoding: str) -> bytes:
    if encoding == "text":
        return secret
    try:
        if encoding == "hex":
            return bytes.fromhex(secret.decode())
        return b64decode(secret.decode().removeprefix(_STANDARD), validate=True)
    except (binascii.Error, ValueError):
        # Not the error's own text, which may repeat the secret.
        raise ValueError("the secret is not written as the source says") from None
