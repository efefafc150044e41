"""Which kinds of key a keytab holds.

Source: "The Kerberos V5 credential cache and keytab file formats", MIT, version 2 of the keytab;
encryption types by their numbers at IANA.
"""

import struct
from collections.abc import Iterator

from hybrid_worker.check.outcome import CheckFailed, NotApplicable
from hybrid_worker.settings import DirectorySettings

_VERSION = b"\x05\x02"
_AES = {17: "AES128-SHA1", 18: "AES256-SHA1", 19: "AES128-SHA256", 20: "AES256-SHA384"}
_OLD = {1: "DES", 3: "DES", 16: "3DES", 23: "RC4", 24: "RC4"}


def has_strong_keys(settings: DirectorySettings) -> str:
    """Checks that a keytab holds AES keys: domain controllers no longer take RC4 by default."""
    if settings.keytab is None:
        raise NotApplicable("no keytab is named: the process's own account is used, or a password")
    try:
        kinds = set(encryption_types(settings.keytab.read_bytes()))
    except (OSError, ValueError, struct.error) as error:
        raise CheckFailed(
            f"{settings.keytab} cannot be read as a keytab: {error}",
            "Make it again: ktpass /crypto AES256-SHA1, or ktutil.",
        ) from error
    names = ", ".join(sorted({_name(kind) for kind in kinds})) or "none"
    if not kinds & _AES.keys():
        raise CheckFailed(
            f"the keytab holds no AES key, only: {names}",
            "Make it again with ktpass /crypto AES256-SHA1, and allow AES on the account "
            "(msDS-SupportedEncryptionTypes 0x18); an old account needs a new password first.",
        )
    return f"keys in the keytab: {names}"


def encryption_types(keytab: bytes) -> Iterator[int]:
    """Yields the encryption type of every key.

    Raises:
        ValueError, struct.error: it is no keytab of version 2.
    """
    if keytab[:2] != _VERSION:
        raise ValueError("it does not begin as one of version 2")
    at = 2
    while at + 4 <= len(keytab):
        (size,) = struct.unpack_from(">i", keytab, at)
        at += 4
        # A negative size is a hole, and a zero ends the file.
        if size > 0:
            yield _encryption_type(keytab[at : at + size])
        elif size == 0:
            return
        at += abs(size)


def _encryption_type(entry: bytes) -> int:
    (components,) = struct.unpack_from(">H", entry)
    at = 2
    for _ in range(components + 1):  # the realm goes before them
        (length,) = struct.unpack_from(">H", entry, at)
        at += 2 + length
    # Name type and time of four bytes each, then a version of one.
    (kind,) = struct.unpack_from(">H", entry, at + 9)
    return int(kind)


def _name(kind: int) -> str:
    return _AES.get(kind) or _OLD.get(kind) or f"type {kind}"
