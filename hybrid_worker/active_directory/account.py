"""A user account in AD, and the ways a command points at one."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.contracts.messages.directory_command import CommandMember


class AccountKind(StrEnum):
    """By what an account is looked up, the surest first."""

    SID = "sid"
    ANCHOR = "anchor"
    PRINCIPAL_NAME = "upn"
    LOGON_NAME = "logon-name"
    EMPLOYEE_ID = "employee-id"

    @property
    def is_exact(self) -> bool:
        """Whether it is compared byte by byte, so that many can share one search."""
        return self in {AccountKind.SID, AccountKind.ANCHOR}


@dataclass(frozen=True, slots=True)
class Pointer:
    """One of the names that a member of a command carries."""

    kind: AccountKind
    value: str

    @property
    def guid(self) -> UUID | None:
        """What a source anchor stands for; None when it is not the base64 of a GUID."""
        return guid_of(self.value)


def pointers_of(member: CommandMember) -> Iterator[Pointer]:
    """Yields the ways in which a member points at somebody, the surest first.

    A tenant's source anchor may be an attribute that this worker does not know of, as an employee
    id: nobody is looked up by one that is no GUID. Everybody who is in Entra has a SID.
    """
    if member.sid:
        yield Pointer(AccountKind.SID, member.sid.upper())
    if member.source_anchor and guid_of(member.source_anchor):
        yield Pointer(AccountKind.ANCHOR, member.source_anchor)
    if name := member.user_principal_name:
        kind = AccountKind.PRINCIPAL_NAME if "@" in name else AccountKind.LOGON_NAME
        yield Pointer(kind, name.lower())
    if member.employee_id:
        yield Pointer(AccountKind.EMPLOYEE_ID, member.employee_id.lower())


def guid_of(anchor: str) -> UUID | None:
    """Returns the GUID whose base64 a source anchor is; None when it is of another kind."""
    try:
        return UUID(bytes_le=base64.b64decode(anchor, validate=True))
    except (binascii.Error, ValueError):
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the worker needs to know of one account."""

    guid: UUID
    consistency: UUID | None = None
    """`mS-DS-ConsistencyGuid`, where it holds a GUID."""
    sid: str
    user_principal_name: str | None = None
    logon_name: str | None = None
    employee_id: str | None = None
    protected: bool = False
    """`adminCount=1`."""
    disabled: bool = False
    distinguished_name: str | None = None
    """Its place in the domain; it has the person's name in it, and goes into no log."""

    @property
    def source_anchor(self) -> str:
        """The anchor as `onPremisesImmutableId` shows it where nobody has chosen another."""
        return base64.b64encode((self.consistency or self.guid).bytes_le).decode()

    def has_anchor(self, guid: UUID) -> bool:
        """Tells whether that GUID may be the account's source anchor, by either attribute.

        Entra Connect takes `objectGUID` where another program fills `mS-DS-ConsistencyGuid`.
        """
        return guid in {self.guid, self.consistency}

    def is_meant_by(self, pointer: Pointer) -> bool:
        """Tells whether the pointer leads here.

        Names compare without regard to case and not more loosely: AD finds `straße@` for
        `strasse@`, and they are two people.
        """
        match pointer.kind:
            case AccountKind.SID:
                return self.sid.upper() == pointer.value
            case AccountKind.ANCHOR:
                guid = pointer.guid
                return guid is not None and self.has_anchor(guid)
            case AccountKind.PRINCIPAL_NAME:
                return _same(self.user_principal_name, pointer.value)
            case AccountKind.LOGON_NAME:
                return _same(self.logon_name, pointer.value)
            case AccountKind.EMPLOYEE_ID:
                return _same(self.employee_id, pointer.value)


def _same(known: str | None, asked: str) -> bool:
    return known is not None and known.lower() == asked.lower()
