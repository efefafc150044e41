"""What the directory is filled with: the company as LDIF, and the rights of the accounts.

Built here, on the project's Python; carried out by `provision.py`, on the system's.
"""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from sandbox.company import (
    AD_DOMAIN,
    DEPARTMENTS,
    INITIAL_PASSWORD,
    SITES,
    SYNCED_SCOPE_GROUP,
    Company,
    Employee,
    Home,
)
from sandbox.domain_controller import domain
from sandbox.domain_controller.layout import SERVICE_KEYTAB

_NORMAL_ACCOUNT = 512
_DISABLED = 2
_PASSWORD_NEVER_EXPIRES = 0x10000
_AES = 24
_GLOBAL_SECURITY_GROUP = -2147483646
_NEVER = -(2**63)
_BAD_PASSWORDS_BEFORE_LOCKOUT = 10

type Attributes = dict[str, str | int | bytes | None]


def build_order(company: Company) -> dict[str, Any]:
    """Return what `provision.py` is to create, in the order in which it has to be created."""
    people = company.people_in_ad
    return {
        "domain": {
            "realm": AD_DOMAIN,
            "netbios": domain.NETBIOS,
            "hostname": domain.HOSTNAME,
            "sid": domain.SID,
            "administratorPassword": domain.ADMINISTRATOR_PASSWORD,
        },
        "structure": _structure(),
        "grants": [
            {"dn": grant.dn, "account": grant.account.name, "ace": grant.ace}
            for grant in domain.GRANTS
        ],
        "people": "".join(_people(people)),
        "protected": [person_dn(person) for person in people if person.protected],
        "keytabPrincipal": domain.WORKER.principal,
        "serviceKeytab": {"file": SERVICE_KEYTAB, "principal": domain.CONNECT_HOST.principal},
    }


def person_dn(person: Employee) -> str:
    """Where in the directory a person of the company is."""
    return f"CN={person.sam_account_name},OU={person.department},{domain.PEOPLE}"


def _structure() -> str:
    organizational_units = [
        domain.PEOPLE,
        domain.GROUPS,
        domain.SERVICE_ACCOUNTS,
        *(f"OU={department},{domain.PEOPLE}" for department in DEPARTMENTS),
    ]
    return "".join(
        [
            _password_policy(),
            _service_principal_names(),
            *(_entry(dn, {"objectClass": "organizationalUnit"}) for dn in organizational_units),
            *(_service_account(account) for account in (domain.WORKER, domain.CONNECTOR)),
            _service_account(domain.CONNECT_HOST, domain.WINRM_SERVICE),
            _group(domain.SCOPE_GROUP_DN, SYNCED_SCOPE_GROUP),
            _group(domain.OTHER_GROUP_DN, domain.OTHER_GROUP),
        ]
    )


def _password_policy() -> str:
    """Writeback needs a minimum age of 0; passwords of a cached directory must not expire."""
    return (
        f"dn: {domain.BASE}\nchangetype: modify\n"
        "replace: minPwdAge\nminPwdAge: 0\n-\n"
        f"replace: maxPwdAge\nmaxPwdAge: {_NEVER}\n-\n"
        f"replace: lockoutThreshold\nlockoutThreshold: {_BAD_PASSWORDS_BEFORE_LOCKOUT}\n-\n\n"
    )


def _service_principal_names() -> str:
    """A real start-up script of Samba registers these; this one runs none."""
    names = "".join(
        f"servicePrincipalName: ldap/{name}\n"
        for name in (domain.HOST, f"{domain.HOST}/{AD_DOMAIN}", domain.HOSTNAME)
    )
    return (
        f"dn: CN={domain.HOSTNAME.upper()},OU=Domain Controllers,{domain.BASE}\n"
        f"changetype: modify\nadd: servicePrincipalName\n{names}-\n\n"
    )


def _service_account(account: domain.ServiceAccount, service: str | None = None) -> str:
    return _entry(
        account.dn,
        {
            "objectClass": "user",
            "sAMAccountName": account.name,
            "userPrincipalName": f"{account.name}@{AD_DOMAIN}",
            "userAccountControl": _NORMAL_ACCOUNT | _PASSWORD_NEVER_EXPIRES,
            "unicodePwd": _password(account.password),
            "servicePrincipalName": service,
            "msDS-SupportedEncryptionTypes": _AES if service else None,
        },
    )


def _group(dn: str, name: str) -> str:
    return _entry(
        dn,
        {"objectClass": "group", "sAMAccountName": name, "groupType": _GLOBAL_SECURITY_GROUP},
    )


def _people(people: list[Employee]) -> Iterator[str]:
    for number, person in enumerate(people):
        # Half of the people have been migrated once, so that their anchor is not their objectGUID.
        migrated = number % 2 == 0
        anchor = uuid5(NAMESPACE_DNS, person.user_principal_name).bytes_le if migrated else None
        yield _entry(person_dn(person), _person(person) | {"mS-DS-ConsistencyGuid": anchor})


def _person(person: Employee) -> Attributes:
    return {
        "objectClass": "user",
        "sAMAccountName": person.sam_account_name,
        "userPrincipalName": person.user_principal_name,
        "givenName": person.given_name,
        "sn": person.surname,
        "displayName": person.display_name,
        "mail": person.mail,
        "department": person.department,
        "employeeID": person.employee_id,
        "physicalDeliveryOfficeName": person.site,
        "c": SITES[person.site],
        "description": domain.NEW_HIRE_DESCRIPTION if person.home is Home.AD_ONLY else None,
        "adminCount": 1 if person.protected else None,
        "userAccountControl": _NORMAL_ACCOUNT | (_DISABLED if person.disabled else 0),
        "unicodePwd": _password(INITIAL_PASSWORD),
    }


def _password(password: str) -> bytes:
    return f'"{password}"'.encode("utf-16-le")


def _entry(dn: str, attributes: Attributes) -> str:
    lines = [f"dn: {dn}"]
    for name, value in attributes.items():
        match value:
            case None:
                continue
            case bytes():
                lines.append(f"{name}:: {b64encode(value).decode()}")
            case _:
                lines.append(f"{name}: {value}")
    return "\n".join(lines) + "\n\n"
