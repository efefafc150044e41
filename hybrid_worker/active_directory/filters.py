"""LDAP filters for many people at once; every value in them is escaped."""

from collections.abc import Collection, Iterator
from itertools import batched

from ldap3.utils.conv import escape_bytes, escape_filter_chars

from hybrid_worker.active_directory.account import Kind, Pointer

MOST_TERMS = 150
"""OR terms of one search; Samba and AD answer 100 to 250 of them best."""

_ATTRIBUTES = {
    Kind.PRINCIPAL_NAME: "userPrincipalName",
    Kind.LOGON_NAME: "sAMAccountName",
    Kind.EMPLOYEE_ID: "employeeID",
}


def people_filters(pointers: Collection[Pointer]) -> Iterator[str]:
    """Filters that together find everybody the pointers may lead to.

    Both halves of a source anchor's pair of terms may land in different searches.
    """
    terms = (term for pointer in sorted(pointers, key=_order) for term in _terms(pointer))
    for batch in batched(terms, MOST_TERMS, strict=False):
        yield f"(&(objectCategory=person)(objectClass=user)(|{''.join(batch)}))"


def group_filter(name: str) -> str:
    """The filter for a group by its sAMAccountName or name."""
    value = escape_filter_chars(name)
    return f"(&(objectCategory=group)(|(sAMAccountName={value})(cn={value})))"


def _order(pointer: Pointer) -> tuple[str, str]:
    return pointer.kind, pointer.value


def _terms(pointer: Pointer) -> Iterator[str]:
    if pointer.kind is not Kind.ANCHOR:
        yield f"({_ATTRIBUTES[pointer.kind]}={escape_filter_chars(pointer.value)})"
    elif guid := pointer.guid:
        value = escape_bytes(guid.bytes_le)
        yield f"(mS-DS-ConsistencyGuid={value})"
        yield f"(objectGUID={value})"
