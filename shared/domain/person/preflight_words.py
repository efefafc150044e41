"""What each finding of a preflight means, how SSPR would show it, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from shared.domain.person.preflight import Finding, Unknown

READ_ON: Final = date(2026, 11, 29)
"""When the pages below were last read; a test asks for another reading after 180 days."""
ON_PREMISES_ERROR: Final = "SSPR_0029"
"""What people see of any refusal on-premises.

Source: https://learn.microsoft.com/entra/identity/authentication/troubleshoot-sspr
"""

_LEARN = "https://learn.microsoft.com/"
_WRITEBACK = f"{_LEARN}entra/identity/authentication/troubleshoot-sspr-writeback"
_SETUP = f"{_LEARN}entra/identity/authentication/tutorial-enable-sspr-writeback"
_HOLDER = (
    f"{_LEARN}windows-server/identity/ad-ds/plan/security-best-practices/"
    "appendix-c--protected-accounts-and-groups-in-active-directory"
)
_EXPIRES = (
    f"{_LEARN}entra/identity/hybrid/connect/how-to-connect-password-hash-synchronization"
    "#account-expiration"
)
"""Read on 30 November 2026, page of 9 April 2025."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingWords:
    """One finding for an operator."""

    text: str
    remedy: str
    event: int | None = None
    """The event that the password reset service on the Connect host would log."""
    source: str = _WRITEBACK


FINDINGS: Final[Mapping[Finding, FindingWords]] = MappingProxyType(
    {
        Finding.NOT_FOUND: FindingWords(
            text="No account in Active Directory is this person's.",
            remedy="Look whether the account was deleted or moved to another forest, and sync.",
            event=33002,
        ),
        Finding.SEVERAL_MATCHES: FindingWords(
            text="More than one account in Active Directory matches this person.",
            remedy="Leave the source anchor, UPN or employee id to one account alone.",
            event=33003,
        ),
        Finding.DUPLICATE_ANCHOR: FindingWords(
            text="Another account in Active Directory has the same source anchor.",
            remedy="Clear mS-DS-ConsistencyGuid of the account that is not synced.",
            event=33003,
        ),
        Finding.NO_RESET_RIGHT: FindingWords(
            text="The sync's account may not reset this account's password.",
            remedy="Grant it Reset Password on the OU for user objects below, or see what keeps "
            "the permission from reaching this account.",
            event=33004,
        ),
        Finding.NO_LOCKOUT_RIGHT: FindingWords(
            text="The sync's account may not write lockoutTime of this account.",
            remedy="Grant it Write lockoutTime on the OU for user objects below.",
            event=33004,
            source=_SETUP,
        ),
        Finding.NO_PWDLASTSET_RIGHT: FindingWords(
            text="The sync's account may not write pwdLastSet of this account.",
            remedy="Grant it Write pwdLastSet on the OU for user objects below.",
            event=33004,
            source=_SETUP,
        ),
        Finding.DISABLED: FindingWords(
            text="The account is disabled in Active Directory.",
            remedy="Enable the account if the person is to sign in.",
            event=33005,
        ),
        Finding.LOCKED: FindingWords(
            text="The account is locked out in Active Directory now.",
            remedy="Unlock it, or wait until the lockout is over.",
            event=33006,
        ),
        Finding.CANNOT_CHANGE_PASSWORD: FindingWords(
            text="The account has the option that its user cannot change the password.",
            remedy="Clear the option 'User cannot change password' of the account.",
            # Seen on a host: c7solutions.com, "Password writeback errors", 2015.
            event=33004,
        ),
        Finding.MINIMUM_AGE: FindingWords(
            text="The password is younger than the minimum age of its password policy.",
            remedy="Set the minimum password age to 0, or wait until the password is old enough.",
            event=33008,
        ),
        Finding.OU_NAME: FindingWords(
            text="The name of an OU above the account has a character that writeback cannot take.",
            remedy="""Rename the OU without , + " \\ < > ; = / #, line breaks and outer spaces.""",
            event=33001,
        ),
        Finding.OUT_OF_SYNC_SCOPE: FindingWords(
            text="The account is in Active Directory, and Entra has not shown it in time.",
            remedy="Look whether the sync's filters leave out the account or its OU.",
            event=33002,
        ),
        Finding.INHERITANCE_BLOCKED: FindingWords(
            text="The account takes no permissions from its OU: inheritance is switched off.",
            remedy="Switch inheritance on, or grant the sync's rights on the account itself.",
            event=33004,
        ),
        Finding.ADMIN_PROTECTED: FindingWords(
            text="The account has adminCount 1: AdminSDHolder sets its permissions every hour, or "
            "did so once.",
            remedy="Take the person out of privileged groups, clear adminCount and switch "
            "inheritance on; leave administrators to their own process.",
            event=33004,
            source=_HOLDER,
        ),
        Finding.NO_UNEXPIRE_RIGHT: FindingWords(
            text="The sync's account lacks Unexpire Password on the root of the domain.",
            remedy="Grant it Unexpire Password on the root object of the domain.",
            source=_SETUP,
        ),
        Finding.EXPIRED: FindingWords(
            text="The account has expired in Active Directory, and Entra does not know: a reset "
            "works, and where password hashes are synced the new password opens the cloud.",
            remedy="Disable the account if the person has left: an expired one stays active in "
            "Entra. Set a later date in accountExpires if they still work here.",
            source=_EXPIRES,
        ),
    }
)

UNKNOWNS: Final[Mapping[Unknown, str]] = MappingProxyType(
    {
        Unknown.CONNECTOR: "Which account writes passwords back, or its groups: set "
        "SSPR_WORKER_PREFLIGHT_CONNECTOR.",
        Unknown.PERMISSIONS: "The permissions on the account: let the worker read them.",
        Unknown.ACCOUNT_STATE: "Whether the account is disabled, locked or expired, or how old its "
        "password is: let the worker read these attributes.",
        Unknown.PASSWORD_POLICY: "Which minimum age holds: let the worker read the Password "
        "Settings Container.",
        Unknown.DUPLICATES: "Whether another account has the same source anchor.",
        Unknown.OTHER_DOMAIN: "All but the account's existence: it is in another domain than the "
        "worker's.",
        Unknown.NOT_CHECKED: "The look at this account failed; the worker's log says why.",
    }
)
"""What is not known, and how it could be."""
