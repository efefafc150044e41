"""The domains of the forest: those whose people a universal group takes."""

from hybrid_worker.active_directory.connection import DirectoryConnection

MOST_DOMAINS = 100
_DOMAIN = "(&(objectClass=crossRef)(systemFlags:1.2.840.113556.1.4.803:=3)(dnsRoot=*))"
"""A naming context of AD's (1) that is a domain (2): MS-ADTS 6.1.1.2.1.1.5."""


def domains_of_forest(connection: DirectoryConnection) -> tuple[str, ...]:
    """Returns the DNS names of the forest's domains, as its partitions tell.

    Raises:
        DirectoryUnavailable: AD did not answer.
    """
    root = connection.read("", ["configurationNamingContext"]) or {}
    configuration = (root.get("configurationNamingContext") or [b""])[0].decode()
    entries = connection.search(_DOMAIN, ["dnsRoot"], f"CN=Partitions,{configuration}")
    names = {entry["dnsRoot"][0].decode().lower() for entry in entries if entry.get("dnsRoot")}
    return tuple(sorted(names)[:MOST_DOMAINS])
