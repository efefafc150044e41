"""The domain `corp.contoso.test`: its names, its service accounts and what they may do.

The passwords are constants on purpose: the domain listens on a loopback address only.
"""

from dataclasses import dataclass

from sandbox.company import AD_DOMAIN, SYNCED_SCOPE_GROUP

REALM = AD_DOMAIN.upper()
NETBIOS = "CORP"
BASE = ",".join(f"DC={label}" for label in AD_DOMAIN.split("."))
HOSTNAME = "dc1"
HOST = f"{HOSTNAME}.{AD_DOMAIN}"
SID = "S-1-5-21-1993962763-1157822314-2403181747"
ADMINISTRATOR_PASSWORD = "Sandbox-Admin-1!"

PEOPLE = f"OU=People,{BASE}"
"""Everybody, in one OU per department below this one."""
GROUPS = f"OU=Groups,{BASE}"
SERVICE_ACCOUNTS = f"OU=Service Accounts,{BASE}"

SCOPE_GROUP_DN = f"CN={SYNCED_SCOPE_GROUP},{GROUPS}"
OTHER_GROUP = "Finance-Secrets"
"""A group that no account of the sandbox may write."""
OTHER_GROUP_DN = f"CN={OTHER_GROUP},{GROUPS}"

NEW_HIRE_DESCRIPTION = "Created after the last sync"
"""What marks the brand-new hires, so that the Connect host's initial sync leaves them out."""


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A service account of the domain, with the password for a simple bind."""

    name: str
    password: str

    @property
    def dn(self) -> str:
        """Its distinguished name."""
        return f"CN={self.name},{SERVICE_ACCOUNTS}"

    @property
    def principal(self) -> str:
        """Its Kerberos principal, which LDAPS takes as the user of a simple bind too."""
        return f"{self.name}@{REALM}"


WORKER = ServiceAccount("svc-sspr-worker", "Sandbox-Worker-1!")
"""May write `member` of the scope group, and nothing else."""
CONNECTOR = ServiceAccount("svc-connect", "Sandbox-Connect-1!")
"""Entra Connect's AD DS connector account: replicates changes and resets people's passwords."""


CONNECT_HOST = ServiceAccount("svc-connect-host", "Sandbox-Connect-Host-1!")
"""The Connect host to Kerberos; on a real domain that is its computer account."""
WINRM_SERVICE = "host/localhost"
"""What clients ask a ticket for, before they sign in to WinRM there."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One access control entry, in SDDL with `{sid}` for the account, on one object."""

    dn: str
    account: ServiceAccount
    ace: str


# Schema and extended-right GUIDs, see MS-ADTS 5.1.3.2.1 and the schema (MS-ADA1..3, MS-ADSC).
_MEMBER = "bf9679c0-0de6-11d0-a285-00aa003049e2"
_USER_CLASS = "bf967aba-0de6-11d0-a285-00aa003049e2"
_LOCKOUT_TIME = "28630ebf-41d5-11d1-a9c1-0000f80367c1"
_PWD_LAST_SET = "bf967a0a-0de6-11d0-a285-00aa003049e2"
_RESET_PASSWORD = "00299570-246d-11d0-a768-00aa006e0529"
_CHANGE_PASSWORD = "ab721a53-1e2f-11d0-9819-00aa0040529b"
_UNEXPIRE_PASSWORD = "ccc2dc7d-a6ad-4a7a-8846-c04e3cc53501"
_GET_CHANGES = "1131f6aa-9c07-11d1-f79f-00c04fc2dcd2"
_GET_CHANGES_ALL = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"


def _inherited(rights: str, guid: str) -> str:
    return f"(OA;CIIO;{rights};{guid};{_USER_CLASS};{{sid}})"


GRANTS = (
    Grant(SCOPE_GROUP_DN, WORKER, f"(OA;;WP;{_MEMBER};;{{sid}})"),
    Grant(BASE, CONNECTOR, f"(OA;;CR;{_GET_CHANGES};;{{sid}})"),
    Grant(BASE, CONNECTOR, f"(OA;;CR;{_GET_CHANGES_ALL};;{{sid}})"),
    # AD shows deletions to whoever may replicate; Samba wants the container to be readable.
    Grant(f"CN=Deleted Objects,{BASE}", CONNECTOR, "(A;;RPLC;;;{sid})"),
    Grant(BASE, CONNECTOR, f"(OA;;CR;{_UNEXPIRE_PASSWORD};;{{sid}})"),
    Grant(PEOPLE, CONNECTOR, _inherited("CR", _RESET_PASSWORD)),
    Grant(PEOPLE, CONNECTOR, _inherited("CR", _CHANGE_PASSWORD)),
    Grant(PEOPLE, CONNECTOR, _inherited("RPWP", _LOCKOUT_TIME)),
    Grant(PEOPLE, CONNECTOR, _inherited("RPWP", _PWD_LAST_SET)),
)
"""What the wizard and the runbook set on a real domain, account by account."""
