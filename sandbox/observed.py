"""Who is in the scope groups, seen from outside the product: in AD itself, and in Entra."""

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import ldap3

from sandbox.company import SCOPE_GROUP
from sandbox.console import Console
from sandbox.domain_controller import domain
from sandbox.layout import Layout


def members_in_ad(layout: Layout) -> list[str]:
    """The account names of the AD group's direct members."""
    with administrator(layout) as connection:
        connection.search(
            domain.SCOPE_GROUP_DN, "(objectClass=*)", ldap3.BASE, attributes=["member"]
        )
        names: Iterable[str] = connection.entries[0]["member"].values
        return [name.partition(",")[0].removeprefix("CN=") for name in names]


def members_in_entra(console: Console, upns: Iterable[str]) -> set[str]:
    """Those of the people whom Entra has in the scope group, directly or through AD's."""
    found = set()
    for upn in upns:
        answer = console.tenant.get(f"/sandbox/users/{upn.replace('#', '%23')}")
        if answer.is_success and SCOPE_GROUP in answer.json()["transitiveMemberOf"]:
            found.add(upn)
    return found


@contextmanager
def administrator(layout: Layout) -> Iterator[ldap3.Connection]:
    """A connection to AD as its administrator, over LDAPS with the certificate verified."""
    tls = ldap3.Tls(
        validate=ssl.CERT_REQUIRED, ca_certs_file=str(layout.authority), valid_names=[domain.HOST]
    )
    server = ldap3.Server(layout.dc_address, port=636, use_ssl=True, tls=tls, get_info=ldap3.NONE)
    connection = ldap3.Connection(
        server, f"Administrator@{domain.REALM}", domain.ADMINISTRATOR_PASSWORD
    )
    if not connection.bind():
        raise ConnectionError(f"AD does not take its administrator: {connection.result}")
    try:
        yield connection
    finally:
        connection.unbind()
