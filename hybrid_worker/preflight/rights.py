"""Which rights an account has on an object, by its DACL: pure, as AD checks them.

Entries are asked in their order, and for each right the first that speaks of it decides (MS-DTYP
2.5.3.2; for attributes, property sets and control access rights MS-ADTS 5.1.3.3). Deny comes before
allow because AD orders entries so, explicit before inherited; nothing is sorted here.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from hybrid_worker.preflight.security_descriptor import Ace, Descriptor, Kind

_WRITE_PROPERTY = 0x20
_CONTROL_ACCESS = 0x100
_GENERIC_ALL = 0x10000000
_GENERIC_WRITE = 0x40000000
EVERYBODY = frozenset({"S-1-1-0", "S-1-5-11", "S-1-5-2", "S-1-5-15"})
"""Everyone, Authenticated Users, Network, This Organization: in the token of whoever signs in.

Source: MS-DTYP 2.4.2.4.
"""
_SELF_AND_EVERYONE = ("S-1-5-10", "S-1-1-0")


class Held(Enum):
    """Whether a right is held."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """It hangs on a condition that only the server can judge."""


@dataclass(frozen=True, slots=True)
class Right:
    """Something that may be done to an object: by its bit, and by whatever names it."""

    bit: int
    names: frozenset[UUID]
    """Its own GUID and those of the sets that it is in."""
    generic: int = 0
    """The generic bits that stand for it, where AD has not replaced them."""

    def is_named_by(self, ace: Ace, of_class: UUID) -> bool:
        """Tells whether the entry speaks of this right on an object of that class.

        One that names the class is for all of its attributes, and for no control access right.
        """
        if not ace.mask & (self.bit | self.generic | _GENERIC_ALL):
            return False
        if ace.object_type is None or ace.object_type in self.names:
            return True
        return self.bit == _WRITE_PROPERTY and ace.object_type == of_class


def _control(guid: str) -> Right:
    return Right(_CONTROL_ACCESS, frozenset({UUID(guid)}))


def _write(*guids: str) -> Right:
    return Right(_WRITE_PROPERTY, frozenset(map(UUID, guids)), _GENERIC_WRITE)


USER = UUID("bf967aba-0de6-11d0-a285-00aa003049e2")
INET_ORG_PERSON = UUID("4828cc14-1437-45bc-9b07-ad6f015e5f28")
"""The classes that people are of; each comes from the one above (MS-ADSC)."""
USER_ACCOUNT_RESTRICTIONS = "4c164200-20c0-11d0-a768-00aa006e0529"
"""The property set that pwdLastSet is in; lockoutTime is in none (MS-ADA1 to 3)."""
RESET_PASSWORD = _control("00299570-246d-11d0-a768-00aa006e0529")
CHANGE_PASSWORD = _control("ab721a53-1e2f-11d0-9819-00aa0040529b")
UNEXPIRE_PASSWORD = _control("ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501")
WRITE_LOCKOUT_TIME = _write("28630ebf-41d5-11d1-a9c1-0000f80367c1")
WRITE_PWD_LAST_SET = _write("bf967a0a-0de6-11d0-a285-00aa003049e2", USER_ACCOUNT_RESTRICTIONS)
"""Sources: MS-ADTS 5.1.3.2.1 for the rights, the schema (MS-ADA1 to 3) for the attributes."""


def held(
    right: Right, descriptor: Descriptor, token: AbstractSet[str], of_class: UUID = USER
) -> Held:
    """Tells whether an account whose token has these SIDs holds the right on the object."""
    if descriptor.aces is None:
        return Held.YES
    for ace in _speaking(right, descriptor.aces, token, of_class):
        match ace.kind:
            case Kind.ALLOW:
                return Held.YES
            case Kind.DENY:
                return Held.NO
            case _:
                # Whatever the entries behind it say, it hangs on this one.
                return Held.UNKNOWN
    return Held.NO


def cannot_change_password(descriptor: Descriptor) -> bool:
    """Tells whether "User cannot change password" is set: the right is denied to the user.

    Active Directory's tools write it as two entries, for SELF and for Everyone.
    Source: "User Cannot Change Password (LDAP Provider)", Microsoft Learn.
    """
    first = (
        next(iter(_speaking(CHANGE_PASSWORD, descriptor.aces or (), {sid}, USER)), None)
        for sid in _SELF_AND_EVERYONE
    )
    return all(ace is not None and ace.kind is Kind.DENY for ace in first)


def _speaking(
    right: Right, aces: Iterable[Ace], token: AbstractSet[str], of_class: UUID
) -> Iterable[Ace]:
    return (
        ace
        for ace in aces
        if not ace.inherit_only and ace.sid in token and right.is_named_by(ace, of_class)
    )
