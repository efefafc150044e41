"""A user account in AD, and the ways a command points at one."""

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from shared.contracts.messages.directory_command import CommandMember


class AccountKind(StrEnum):
    """By what an account is looked up."""

    ANCHOR = "anchor"
    PRINCIPAL_NAME = "upn"
    LOGON_NAME = "logon-name"
    EMPLOYEE_ID = "employee-id"


@dataclass(frozen=True, slots=True)
class Pointer:
    """The most exact of the names that a member of a command carries."""

    kind: AccountKind
    value: str

    @classmethod
    def of(cls, member: CommandMember) -> "Pointer":
        """Points by the source anchor if there is one, else by the UPN, else by the employee id."""
        if member.source_anchor:
            return cls(AccountKind.ANCHOR, member.source_anchor)
        if name := member.user_principal_name:
            return cls(
                AccountKind.PRINCIPAL_NAME if "@" in name else AccountKind.LOGON_NAME, name.lower()
            )
        return cls(AccountKind.EMPLOYEE_ID, (member.employee_id or "").lower())

    @property
    def guid(self) -> UUID | None:
        """What a source anchor stands for; None when it is not the base64 of a GUID."""
        try:
            return UUID(bytes_le=base64.b64decode(self.value, validate=True))
        except (binascii.Error, ValueError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the worker needs to know of one account."""

    guid: UUID
    anchor: UUID
    """`mS-DS-ConsistencyGuid`, else `objectGUID`: what Entra Connect takes for source anchor."""
    sid: str
    user_principal_name: str | None = None
    logon_name: str | None = None
    employee_id: str | None = None
    protected: bool = False
    """`adminCount=1`."""
    disabled: bool = False

    @property
    def source_anchor(self) -> str:
        """The anchor as `onPremisesImmutableId` shows it."""
        return base64.b64encode(self.anchor.bytes_le).decode()

    def is_meant_by(self, pointer: Pointer) -> bool:
        """Tells whether the pointer leads here; names compare without regard to case, as in AD."""
        match pointer.kind:
            case AccountKind.ANCHOR:
                return self.anchor == pointer.guid
            case AccountKind.PRINCIPAL_NAME:
                return _same(self.user_principal_name, pointer.value)
            case AccountKind.LOGON_NAME:
                return _same(self.logon_name, pointer.value)
            case AccountKind.EMPLOYEE_ID:
                return _same(self.employee_id, pointer.value)


def _same(known: str | None, asked: str) -> bool:
    return known is not None and known.casefold() == asked.casefold()
