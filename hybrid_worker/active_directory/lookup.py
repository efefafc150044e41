"""Who is meant: accounts by SID, source anchor, UPN or employee id."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from ldap3.protocol.formatters.formatters import format_sid

from hybrid_worker.active_directory.account import Account, Pointer
from hybrid_worker.active_directory.connection import DirectoryConnection, Entry
from hybrid_worker.active_directory.filters import people_filters

_ATTRIBUTES = (
    "distinguishedName",
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

type Found = Mapping[Pointer, tuple[Account, ...]]


def find_accounts(connection: DirectoryConnection, pointers: Collection[Pointer]) -> Found:
    """Finds everybody each pointer leads to; a pointer to nobody maps to `()`.

    What a search finds is only ever taken for what that search asked.

    Raises:
        DirectoryUnavailable: AD did not answer.
    """
    found: dict[Pointer, dict[UUID, Account]] = defaultdict(dict)
    for text, asked in people_filters(pointers):
        for entry in connection.search(text, _ATTRIBUTES):
            account = account_of(entry)
            for pointer in asked:
                if account.is_meant_by(pointer):
                    found[pointer][account.guid] = account
    return {pointer: tuple(found[pointer].values()) for pointer in pointers}


def account_of(entry: Entry) -> Account:
    """Returns the account that a search entry shows."""
    consistency = _first(entry, "mS-DS-ConsistencyGuid")
    return Account(
        guid=UUID(bytes_le=entry["objectGUID"][0]),
        consistency=UUID(bytes_le=consistency)
        if consistency and len(consistency) == _GUID_BYTES
        else None,
        sid=format_sid(entry["objectSid"][0]),
        user_principal_name=_text(entry, "userPrincipalName"),
        logon_name=_text(entry, "sAMAccountName"),
        employee_id=_text(entry, "employeeID"),
        protected=_text(entry, "adminCount") == "1",
        disabled=bool(int(_text(entry, "userAccountControl") or 0) & _ACCOUNT_DISABLED),
        distinguished_name=_text(entry, "distinguishedName"),
    )


def _first(entry: Entry, name: str) -> bytes | None:
    values = entry.get(name)
    return values[0] if values else None


def _text(entry: Entry, name: str) -> str | None:
    value = _first(entry, name)
    return value.decode(errors="replace") if value is not None else None
