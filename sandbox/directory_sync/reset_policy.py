"""What refuses a reset beside AD's access checks: minimum age, names of OUs, a user's option.

A real domain controller enforces age and history of a *reset* when it comes with the control
LDAP_SERVER_POLICY_HINTS, which writeback sends; Samba 4.17 has none. Sources: MS-ADTS
3.1.1.3.4.1.27; "Troubleshoot self-service password reset writeback", Microsoft Learn (events 6329,
33001 and 33008), read on 29 November 2026.
"""

import time

import ldap3

from sandbox.domain_controller import domain

CONTROLLER_ITSELF = (f"administrator@{domain.REALM}", domain.ADMINISTRATOR_PASSWORD)
"""Reads what the controller knows by itself: fine-grained policies are hidden from others."""
ANYBODY = (domain.CONNECT_HOST.principal, domain.CONNECT_HOST.password)
"""An account that no permission names: what is denied to it is denied to everybody."""
_TICKS = 10_000_000
_EPOCH = 11_644_473_600
"""Seconds from 1601 to 1970."""
_RESERVED = frozenset(',+"\\<>;=/\r\n')


def has_reserved_ou(connection: ldap3.Connection, dn: str) -> bool:
    """Whether an OU above has a name that writeback cannot take, asked of each by its DN."""
    while (dn := _parent(dn)).casefold() != domain.BASE.casefold():
        connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=["ou"])
        for entry in connection.response:
            for name in entry.get("raw_attributes", {}).get("ou", ()):
                text = name.decode()
                if _RESERVED & set(text) or text.startswith((" ", "#")) or text.endswith(" "):
                    return True
    return False


def cannot_change_password(connection: ldap3.Connection, dn: str) -> bool:
    """Whether AD denies a change of the password to whoever knows the old one.

    The option "User cannot change password" denies it to everybody. Samba is asked by a change with
    a wrong old password: its access checks answer first, by their own name and not by the error of
    a wrong password. Otherwise that counts as one.
    """
    old, new = (f'"{text}"'.encode("utf-16-le") for text in ("no-Such-Passw0rd", "Any-0ther-one"))
    changes = [(ldap3.MODIFY_DELETE, [old]), (ldap3.MODIFY_ADD, [new])]
    connection.modify(dn, {"unicodePwd": changes})
    return "in module acl" in str(connection.result["message"])


def is_too_young(controller: ldap3.Connection, dn: str) -> bool:
    """Whether the password is younger than the minimum age that holds for it."""
    person = _read(controller, dn, "pwdLastSet", "msDS-ResultantPSO")
    policy = person.get("msDS-ResultantPSO", [domain.BASE.encode()])[0].decode()
    name = "minPwdAge" if policy == domain.BASE else "msDS-MinimumPasswordAge"
    least = abs(int(_read(controller, policy, name)[name][0]))
    last_set = int(person["pwdLastSet"][0])
    now = int((time.time() + _EPOCH) * _TICKS)
    return last_set != 0 and now < last_set + least


def _read(connection: ldap3.Connection, dn: str, *names: str) -> dict[str, list[bytes]]:
    connection.search(dn, "(objectClass=*)", ldap3.BASE, attributes=list(names))
    found: dict[str, list[bytes]] = connection.response[0]["raw_attributes"]
    return found


def _parent(dn: str) -> str:
    """The DN behind the first comma that is not part of a name."""
    place = 0
    while dn[place] != ",":
        place += 2 if dn[place] == "\\" else 1
    return dn[place + 1 :]
