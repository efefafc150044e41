"""Security descriptors as AD sends them: self-relative, by MS-DTYP 2.4.6; strict, and pure.

Only the DACL is read. ldap3 has no parser, and impacket is a whole network stack.
"""

import struct
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

_HEADER = struct.Struct("<BBHIIII")
_ACL = struct.Struct("<BBHHH")
_ACE = struct.Struct("<BBH")
_DACL_PRESENT = 0x0004
_DACL_PROTECTED = 0x1000
_SELF_RELATIVE = 0x8000
_REVISIONS = frozenset({2, 4})
"""Of an ACL without object ACEs, and of one with them."""
_GUID_BYTES = 16
_MOST_SUBAUTHORITIES = 15
_OBJECT_TYPE_PRESENT = 0x1
_INHERITED_TYPE_PRESENT = 0x2
_INHERIT_ONLY = 0x08


class Kind(Enum):
    """What an ACE does; those of others (audits, labels) are nothing of a DACL's."""

    ALLOW = "allow"
    DENY = "deny"
    CONDITIONAL_ALLOW = "conditional-allow"
    """Hangs on a condition that only the server can judge."""
    CONDITIONAL_DENY = "conditional-deny"


_KINDS = {
    0x00: (Kind.ALLOW, False),
    0x01: (Kind.DENY, False),
    0x05: (Kind.ALLOW, True),
    0x06: (Kind.DENY, True),
    0x09: (Kind.CONDITIONAL_ALLOW, False),
    0x0A: (Kind.CONDITIONAL_DENY, False),
    0x0B: (Kind.CONDITIONAL_ALLOW, True),
    0x0C: (Kind.CONDITIONAL_DENY, True),
}
"""By AceType (MS-DTYP 2.4.4.1), with whether it is an object ACE."""


class NotADescriptor(ValueError):
    """The bytes are no security descriptor that could be understood."""


@dataclass(frozen=True, slots=True)
class Ace:
    """One entry of a DACL."""

    kind: Kind
    mask: int
    sid: str
    object_type: UUID | None = None
    """The attribute, property set or right that it is for; None: for all of them."""
    inherit_only: bool = False
    """It is for objects below, and says nothing of this one."""


@dataclass(frozen=True, slots=True)
class Descriptor:
    """The DACL of one object."""

    aces: tuple[Ace, ...] | None
    """In their order; None where there is no DACL, which lets everybody do everything."""
    protected: bool
    """Nothing is inherited from above."""


def read_descriptor(data: bytes) -> Descriptor:
    """Reads what AD sends as `nTSecurityDescriptor`.

    Raises:
        NotADescriptor: it is not understood as a whole; half a descriptor tells nothing.
    """
    try:
        revision, _, control, _, _, _, dacl = _HEADER.unpack_from(data)
    except struct.error:
        raise NotADescriptor("shorter than a header") from None
    if revision != 1 or not control & _SELF_RELATIVE:
        raise NotADescriptor("not a self-relative descriptor of revision 1")
    protected = bool(control & _DACL_PROTECTED)
    if not control & _DACL_PRESENT or dacl == 0:
        return Descriptor(None, protected)
    return Descriptor(_acl(data, dacl), protected)


def _acl(data: bytes, offset: int) -> tuple[Ace, ...]:
    try:
        revision, _, size, count, _ = _ACL.unpack_from(data, offset)
    except struct.error:
        raise NotADescriptor("the DACL lies outside") from None
    end = offset + size
    if revision not in _REVISIONS or size < _ACL.size or end > len(data):
        raise NotADescriptor("the DACL has another revision, or ends outside")
    place, aces = offset + _ACL.size, []
    for _ in range(count):
        if place + _ACE.size > end:
            raise NotADescriptor("the DACL has fewer entries than it says")
        type_, flags, length = _ACE.unpack_from(data, place)
        if length < _ACE.size or place + length > end:
            raise NotADescriptor("an entry ends outside the DACL")
        aces.append(_ace(type_, flags, data[place + _ACE.size : place + length]))
        place += length
    return tuple(aces)


def _ace(type_: int, flags: int, body: bytes) -> Ace:
    if type_ not in _KINDS:
        raise NotADescriptor(f"an entry has the type {type_}")
    kind, is_object = _KINDS[type_]
    try:
        (mask,) = struct.unpack_from("<I", body)
        object_type, rest = _object_type(body[4:]) if is_object else (None, body[4:])
    except (struct.error, ValueError):
        raise NotADescriptor("an entry is too short") from None
    return Ace(kind, mask, _sid(rest), object_type, bool(flags & _INHERIT_ONLY))


def _object_type(body: bytes) -> tuple[UUID | None, bytes]:
    (present,) = struct.unpack_from("<I", body)
    rest, object_type = body[4:], None
    if present & _OBJECT_TYPE_PRESENT:
        object_type, rest = UUID(bytes_le=rest[:_GUID_BYTES]), rest[_GUID_BYTES:]
    if present & _INHERITED_TYPE_PRESENT:
        # Whom it may be inherited by: an ACE of another class's comes as inherit-only.
        UUID(bytes_le=rest[:_GUID_BYTES])
        rest = rest[_GUID_BYTES:]
    return object_type, rest


def _sid(data: bytes) -> str:
    """Reads the SID that the bytes begin with; a conditional entry has more behind it."""
    if len(data) < 8 or data[0] != 1 or data[1] > _MOST_SUBAUTHORITIES:  # noqa: PLR2004
        raise NotADescriptor("an entry has no SID")
    count = data[1]
    try:
        parts = struct.unpack_from(f"<{count}I", data, 8)
    except struct.error:
        raise NotADescriptor("a SID is too short") from None
    return "-".join(map(str, ("S", 1, int.from_bytes(data[2:8]), *parts)))
