"""Reading and writing AD as the connector account, over LDAPS."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import ldap3
from ldap3.protocol.formatters.formatters import format_uuid_le

from sandbox.domain_controller import domain

_TEXTS = (
    *("sAMAccountName", "userPrincipalName", "displayName", "givenName", "sn", "mail"),
    *("department", "employeeID", "c", "physicalDeliveryOfficeName", "description"),
    *("userAccountControl", "name"),
)
_BINARIES = ("objectSid", "mS-DS-ConsistencyGuid")
_ATTRIBUTES = [*_TEXTS, *_BINARIES, "objectClass", "objectGUID", "isDeleted", "member"]


@dataclass(frozen=True, slots=True)
class Change:
    """What DirSync says about one object: only what has changed since the cookie.

    A value of None means that the attribute was cleared. Objects and members are named by their
    objectGUID, as text.
    """

    guid: str
    dn: str
    deleted: bool
    classes: frozenset[str]
    attributes: dict[str, bytes | None] = field(default_factory=dict)
    members_added: frozenset[str] = frozenset()
    members_removed: frozenset[str] = frozenset()


class ActiveDirectory:
    """The domain as the connector account sees it."""

    def __init__(self, ldaps: str, authority: Path) -> None:
        url = urlsplit(ldaps)
        self._host = url.hostname or ""
        self._port = url.port or 636
        self._tls = ldap3.Tls(
            validate=ssl.CERT_REQUIRED, ca_certs_file=str(authority), valid_names=[domain.HOST]
        )

    @contextmanager
    def connect(
        self,
        user: str = domain.CONNECTOR.principal,
        password: str = domain.CONNECTOR.password,
    ) -> Iterator[ldap3.Connection]:
        """Bind, as the connector account unless told otherwise.

        Raises:
            LDAPException: AD does not answer, or refuses the credentials.
        """
        # A new server object each time: one that was refused once keeps failing for seconds.
        server = ldap3.Server(
            self._host, self._port, use_ssl=True, tls=self._tls, get_info=ldap3.NONE
        )
        # A range is DirSync's way to say added or removed, and an empty attribute is a cleared one.
        options = {"auto_range": False, "return_empty_attributes": False}
        connection = ldap3.Connection(server, user, password, **options)
        try:
            # An unbound connection of ldap3 does not close its socket by itself.
            connection.bind()
            if not connection.bound:
                raise ldap3.core.exceptions.LDAPBindError(connection.result["message"])
            yield connection
        finally:
            connection.unbind()

    def changes(self, cookie: bytes) -> tuple[list[Change], bytes]:
        """Return what has changed since `cookie` (empty: everything), and the next cookie.

        Raises:
            LDAPException: AD does not answer, or refuses.
        """
        found: list[Change] = []
        with self.connect() as connection:
            # The base must be the naming context; object_security would hide deletions.
            sync = connection.extend.microsoft.dir_sync(
                domain.BASE,
                attributes=_ATTRIBUTES,
                cookie=cookie or None,
                object_security=False,
                incremental_values=True,
            )
            while sync.more_results:
                entries = [entry for entry in sync.loop() if entry["type"] == "searchResEntry"]
                found += [_change(entry["dn"], entry["raw_attributes"]) for entry in entries]
            return found, bytes(sync.cookie)

    def read(self, dn: str) -> Change | None:
        """Read one object as it is now; None where there is none.

        Raises:
            LDAPException: AD does not answer, or refuses.
        """
        with self.connect() as connection:
            try:
                connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=_ATTRIBUTES)
            except ldap3.core.exceptions.LDAPInvalidDnError:
                return None
            for entry in connection.response or []:
                if entry["type"] == "searchResEntry":
                    return _change(entry["dn"], entry["raw_attributes"])
            return None


def guid_text(raw: bytes) -> str:
    """An objectGUID as text."""
    return str(format_uuid_le(raw)).strip("{}")


def _change(extended_dn: str, raw: dict[str, list[bytes]]) -> Change:
    names = (*_TEXTS, *_BINARIES)
    return Change(
        guid=guid_text(raw["objectGUID"][0]),
        dn=_plain_dn(extended_dn),
        deleted=raw.get("isDeleted") == [b"TRUE"],
        classes=frozenset(name.decode() for name in raw.get("objectClass", ())),
        attributes={name: raw[name][0] if raw[name] else None for name in names if name in raw},
        members_added=_members(raw, ("member", "member;range=1-1")),
        members_removed=_members(raw, ("member;range=0-0",)),
    )


def _members(raw: dict[str, list[bytes]], names: tuple[str, ...]) -> frozenset[str]:
    values = [value.decode() for name in names for value in raw.get(name) or ()]
    return frozenset(value.split(">", 1)[0].removeprefix("<GUID=").lower() for value in values)


def _plain_dn(extended_dn: str) -> str:
    """`<GUID=...>;<SID=...>;CN=...` is what the extended DN control makes of a DN."""
    return extended_dn.rpartition(">;")[2]
