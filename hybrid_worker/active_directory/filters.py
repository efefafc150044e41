r"""LDAP filters for many people at once.

Every value is written byte by byte (`\2a`), so that nothing in it can mean anything. Escaping only
the characters that RFC 4515 names is not enough: ldap3 strips white space at both ends.
"""

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


def people_filters(pointers: Collection[Pointer]) -> Iterator[str]:
    """Yields filters that together find everybody the pointers may lead to.

    Both halves of a source anchor's pair of terms may land in different searches.
    """
    terms = (term for pointer in sorted(pointers, key=_order) for term in _terms(pointer))
    for batch in batched(terms, MOST_TERMS, strict=False):
        yield f"(&(objectCategory=person)(objectClass=user)(|{''.join(batch)}))"


def group_filter(name: str) -> str:
    """Returns the filter for a group by its sAMAccountName or name."""
    value = escape_bytes(name.encode())
    return f"(&(objectCategory=group)(|(sAMAccountName={value})(cn={value})))"


def _order(pointer: Pointer) -> tuple[str, str]:
    return pointer.kind, pointer.value


def _terms(pointer: Pointer) -> Iterator[str]:
    if pointer.kind is not AccountKind.ANCHOR:
        yield f"({_ATTRIBUTES[pointer.kind]}={escape_bytes(pointer.value.encode())})"
    elif guid := pointer.guid:
        value = escape_bytes(guid.bytes_le)
        yield f"(mS-DS-ConsistencyGuid={value})"
        yield f"(objectGUID={value})"
