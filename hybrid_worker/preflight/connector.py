"""Who writes passwords back: the account of Entra Connect or of Cloud Sync's agent, and its token.

Entra Connect makes an account `MSOL_…` unless it was given one; Cloud Sync's agent has the group
managed service account `provAgentgMSA`. Sources: "Microsoft Entra Connect: Accounts and
permissions" and "Microsoft Entra Cloud Sync prerequisites", Microsoft Learn, read on 29 Nov 2026.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from ldap3.protocol.formatters.formatters import format_sid
from ldap3.utils.conv import escape_bytes

from hybrid_worker.active_directory.connection import DirectoryConnection, Entry
from hybrid_worker.active_directory.filters import sid_bytes
from hybrid_worker.preflight.rights import EVERYBODY

_BY_DEFAULT = "(&(objectClass=user)(|(sAMAccountName=MSOL_*)(sAMAccountName=provAgentgMSA$)))"


@dataclass(frozen=True, slots=True)
class Connector:
    """The account, with every SID in the token that it signs in with."""

    dn: str
    token: frozenset[str]


def find_connector(connection: DirectoryConnection, name: str | None) -> Connector | None:
    """Finds the account by the name or SID that is set, or by the names that Microsoft gives it.

    Returns None where there is none or more than one, or where its groups are hidden: whose rights
    are meant is then not known.

    Raises:
        DirectoryUnavailable: AD did not answer.
    """
    text = _filter(name) if name else _BY_DEFAULT
    found = list(connection.search(text, ["distinguishedName", "objectSid"]))
    if len(found) != 1:
        return None
    dn = found[0]["distinguishedName"][0].decode()
    # Constructed, so that it is shown when the one object is read alone.
    entry = connection.read(dn, ["tokenGroups"]) or {}
    groups = frozenset(map(format_sid, entry.get("tokenGroups", ())))
    if not groups:
        return None
    own = format_sid(found[0]["objectSid"][0])
    return Connector(dn, groups | EVERYBODY | {own} | set(_groups_of_everybody(connection)))


def _filter(name: str) -> str:
    sid = sid_bytes(name)
    if sid:
        return f"(objectSid={escape_bytes(sid)})"
    # As it is typed: CORP\name, name@corp.contoso.com, or the name alone; a gMSA's ends in $.
    alone = name.rpartition("\\")[2]
    plain = escape_bytes(alone.encode())
    account = escape_bytes(f"{alone}$".encode())
    terms = f"(sAMAccountName={plain})(sAMAccountName={account})(userPrincipalName={plain})"
    return f"(&(objectClass=user)(|{terms}))"


def _groups_of_everybody(connection: DirectoryConnection) -> Iterator[str]:
    """Yields the groups that everybody is in by way of a well-known principal.

    As Pre-Windows 2000 Compatible Access; `tokenGroups` leaves them out.
    """
    principals = "".join(
        f"(objectSid={escape_bytes(sid)})" for sid in map(sid_bytes, sorted(EVERYBODY)) if sid
    )
    # A search across the tree: the well-known principals' DNs differ by language.
    for principal in connection.search(
        f"(&(objectClass=foreignSecurityPrincipal)(|{principals}))", ["distinguishedName"]
    ):
        member = escape_bytes(principal["distinguishedName"][0])
        groups = f"(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={member}))"
        yield from map(_sid, connection.search(groups, ["objectSid"]))


def _sid(entry: Entry) -> str:
    return str(format_sid(entry["objectSid"][0]))
