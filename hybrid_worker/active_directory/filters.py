r"""LDAP filters for people: many at once where bytes decide, one at a time where names do.

Every value is written byte by byte (`\2a`), so that nothing in it can mean anything. Escaping only
the characters that RFC 4515 names is not enough: ldap3 strips white space at both ends.
"""

import struct
from collections.abc import Collection, Iterator
from itertools import batched

from ldap3.utils.conv import escape_bytes

from hybrid_worker.active_directory.account import AccountKind, Pointer

MOST_TERMS = 150
"""OR terms of one search; Samba and AD answer 100 to 250 of them best."""

_ATTRIBUTES = {
    AccountKind.PRINCIPAL_NAME: "userPrincipalName",
    AccountKind.LOGON_NAME: "sAMAccountName",
    AccountKind.EMPLOYEE_ID: "employeeID",
}


def people_filters(pointers: Collection[Pointer]) -> Iterator[tuple[str, tuple[Pointer, ...]]]:
    """Yields filters, each with those pointers that what it finds may be meant by.

    Both halves of a source anchor's pair of terms stand in one filter.
    """
    ordered = sorted(pointers, key=_order)
    exact = [pointer for pointer in ordered if pointer.kind.is_exact and _terms(pointer)]
    for batch in batched(exact, MOST_TERMS // 2, strict=False):
        yield _any_of("".join(map(_terms, batch))), batch
    for pointer in ordered:
        if not pointer.kind.is_exact:
            yield _any_of(_terms(pointer)), (pointer,)


def group_filter(name: str) -> str:
    """Returns the filter for a group by its sAMAccountName or name."""
    value = escape_bytes(name.encode())
    return f"(&(objectCategory=group)(|(sAMAccountName={value})(cn={value})))"


def sid_bytes(sid: str) -> bytes | None:
    """Returns a SID as AD keeps it; None when the text is none (MS-DTYP 2.4.2)."""
    kind, *numbers = sid.upper().split("-")
    if kind != "S" or len(numbers) < 3 or not all(map(_is_number, numbers)):  # noqa: PLR2004
        return None
    revision, authority, *parts = map(int, numbers)
    try:
        head = struct.pack("BB", revision, len(parts)) + authority.to_bytes(6)
        return head + struct.pack(f"<{len(parts)}I", *parts)
    except (OverflowError, struct.error):
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _any_of(terms: str) -> str:
    return f"(&(objectCategory=person)(objectClass=user)(|{terms}))"


def _order(pointer: Pointer) -> tuple[str, str]:
    return pointer.kind, pointer.value


def _terms(pointer: Pointer) -> str:
    match pointer.kind:
        case AccountKind.SID:
            sid = sid_bytes(pointer.value)
            return f"(objectSid={escape_bytes(sid)})" if sid else ""
        case AccountKind.ANCHOR if guid := pointer.guid:
            value = escape_bytes(guid.bytes_le)
            return f"(mS-DS-ConsistencyGuid={value})(objectGUID={value})"
        case AccountKind.ANCHOR:
            return ""
        case kind:
            return f"({_ATTRIBUTES[kind]}={escape_bytes(pointer.value.encode())})"
