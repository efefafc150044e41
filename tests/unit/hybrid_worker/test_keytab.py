"""Which keys a keytab holds, by its bytes."""

import struct
from pathlib import Path

import pytest

from hybrid_worker.check.keytab import encryption_types, has_strong_keys
from hybrid_worker.check.outcome import CheckFailed, NotApplicable
from hybrid_worker.settings import DirectorySettings

AES256, RC4, DES = 18, 23, 3


def entry(kind: int, *, hole: bool = False) -> bytes:
    """One key of svc/host@CORP, or what is left of one that was taken out."""
    parts = [b"CORP", b"svc", b"host"]
    names = b"".join(struct.pack(">H", len(one)) + one for one in parts)
    body = struct.pack(">H", 2) + names + struct.pack(">IIB", 1, 0, 2)
    body += struct.pack(">HH", kind, 4) + b"keys"
    return struct.pack(">i", -len(body) if hole else len(body)) + body


def keytab(*entries: bytes) -> bytes:
    return b"\x05\x02" + b"".join(entries)


def settings(file: Path | None) -> DirectorySettings:
    return DirectorySettings(
        server="dc1.corp.test", domain="corp.test", scope_group="g", bind="kerberos", keytab=file
    )


def test_every_key_is_seen_and_a_hole_is_none() -> None:
    content = keytab(entry(RC4), entry(DES, hole=True), entry(AES256), struct.pack(">i", 0), b"x")
    assert list(encryption_types(content)) == [RC4, AES256]


@pytest.mark.parametrize("content", [b"", b"\x05\x01", b"[libdefaults]", keytab(b"\0\0\0\x04ab")])
def test_what_is_no_keytab_fails_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "keytab"
    file.write_bytes(content)
    with pytest.raises(CheckFailed, match="cannot be read as a keytab") as failure:
        has_strong_keys(settings(file))
    assert "ktpass" in failure.value.remedy


def test_a_keytab_with_old_keys_only_fails_and_one_with_aes_passes(tmp_path: Path) -> None:
    file = tmp_path / "keytab"
    file.write_bytes(keytab(entry(RC4), entry(DES)))
    with pytest.raises(CheckFailed, match="no AES key, only: DES, RC4") as failure:
        has_strong_keys(settings(file))
    assert "AES256" in failure.value.remedy
    file.write_bytes(keytab(entry(RC4), entry(AES256)))
    assert has_strong_keys(settings(file)) == "keys in the keytab: AES256-SHA1, RC4"


def test_without_a_keytab_there_is_nothing_to_check() -> None:
    with pytest.raises(NotApplicable):
        has_strong_keys(settings(None))
