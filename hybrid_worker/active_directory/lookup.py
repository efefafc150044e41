"""Who is meant: accounts by source anchor, UPN or employee id, many in one search."""

from collections.abc import Collection, Mapping
from uuid import UUID

from ldap3.protocol.formatters.formatters import format_sid

from hybrid_worker.active_directory.account import Account, Pointer
from hybrid_worker.active_directory.connection import DirectoryConnection, Entry
from hybrid_worker.active_directory.filters import people_filters

_ATTRIBUTES = (
    "objectGUID",
    "mS-DS-ConsistencyGuid",
    "objectSid",
    "userPrincipalName",
    "sAMAccountName",
    "employeeID",
    "adminCount",
    "userAccountControl",
)
_ACCOUNT_DISABLED = 0x2
_GUID_BYTES = 16


def find_accounts(
    connection: DirectoryConnection, pointers: Collection[Pointer]
) -> Mapping[Pointer, tuple[Account, ...]]:
    """Finds everybody each pointer leads to; a pointer to nobody maps to `()`.

    Raises:
        DirectoryUnavailable: AD did not answer.
    """
    found: dict[UUID, Account] = {}
    for text in people_filters(pointers):
        for entry in connection.search(text, _ATTRIBUTES):
            account = account_of(entry)
            found[account.guid] = account
    return assign(pointers, found.values())


def assign(
    pointers: Collection[Pointer], accounts: Collection[Account]
) -> Mapping[Pointer, tuple[Account, ...]]:
    """Decides which of the accounts each pointer leads to."""
    return {
        pointer: tuple(account for account in accounts if account.is_meant_by(pointer))
        for pointer in pointers
    }


def account_of(entry: Entry) -> Account:
    """Returns the account that a search entry shows."""
    guid = UUID(bytes_le=entry["objectGUID"][0])
    consistency = _first(entry, "mS-DS-ConsistencyGuid")
    has_anchor = consistency is not None and len(consistency) == _GUID_BYTES
    return Account(
        guid=guid,
        anchor=UUID(bytes_le=consistency) if has_anchor else guid,
        sid=format_sid(entry["objectSid"][0]),
        user_principal_name=_text(entry, "userPrincipalName"),
        logon_name=_text(entry, "sAMAccountName"),
        employee_id=_text(entry, "employeeID"),
        protected=_text(entry, "adminCount") == "1",
        disabled=bool(int(_text(entry, "userAccountControl") or 0) & _ACCOUNT_DISABLED),
    )


def _first(entry: Entry, name: str) -> bytes | None:
    values = entry.get(name)
    return values[0] if values else None


def _text(entry: Entry, name: str) -> str | None:
    value = _first(entry, name)
    return value.decode(errors="replace") if value is not None else None
