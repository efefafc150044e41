"""Security descriptors written as AD sends them, entry by entry: the parser's opposite."""

import struct
from dataclasses import dataclass
from uuid import UUID

ALLOW, DENY, ALLOW_OBJECT, DENY_OBJECT, ALLOW_CONDITIONAL = 0, 1, 5, 6, 9
CONTROL, WRITE, READ, GENERIC_ALL = 0x100, 0x20, 0x10, 0x10000000
INHERIT_ONLY, INHERITED = 0x08, 0x10


@dataclass(frozen=True)
class Entry:
    """One ACE as it is to be written."""

    type_: int
    sid: str
    mask: int
    object_type: str | None = None
    inherited_type: str | None = None
    flags: int = 0


def descriptor(*entries: Entry, protected: bool = False, dacl: bool = True) -> bytes:
    """Returns a self-relative descriptor with this DACL, and an owner in front of it."""
    owner = sid_of("S-1-5-32-544")
    control = 0x8000 | (0x1000 if protected else 0) | (0x0004 if dacl else 0)
    place = 20 + len(owner)
    header = struct.pack("<BBHIIII", 1, 0, control, 20, 0, 0, place if dacl else 0)
    if not dacl:
        return header + owner
    aces = b"".join(map(_written, entries))
    acl = struct.pack("<BBHHH", 4, 0, 8 + len(aces), len(entries), 0)
    return header + owner + acl + aces


def sid_of(text: str) -> bytes:
    """Returns a SID's bytes."""
    _, revision, authority, *parts = text.split("-")
    head = struct.pack("BB", int(revision), len(parts)) + int(authority).to_bytes(6)
    return head + struct.pack(f"<{len(parts)}I", *map(int, parts))


def _written(entry: Entry) -> bytes:
    body = struct.pack("<I", entry.mask)
    if entry.type_ in {ALLOW_OBJECT, DENY_OBJECT}:
        present = bool(entry.object_type) | (bool(entry.inherited_type) << 1)
        body += struct.pack("<I", present)
        for guid in (entry.object_type, entry.inherited_type):
            body += UUID(guid).bytes_le if guid else b""
    body += sid_of(entry.sid)
    return struct.pack("<BBH", entry.type_, entry.flags, 4 + len(body)) + body
