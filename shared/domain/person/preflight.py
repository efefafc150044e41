"""Preflight of people: what a look into Active Directory says of whether a reset would work.

A finding is one fact; which of them refuse a reset, and what to do, stands in `findings`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Finding(StrEnum):
    """What was found about one person's account in AD; stored by these words."""

    NOT_FOUND = "not-found"
    SEVERAL_MATCHES = "several-matches"
    DUPLICATE_ANCHOR = "duplicate-anchor"
    NO_RESET_RIGHT = "no-reset-right"
    NO_LOCKOUT_RIGHT = "no-lockout-right"
    NO_PWDLASTSET_RIGHT = "no-pwdlastset-right"
    DISABLED = "disabled"
    LOCKED = "locked"
    CANNOT_CHANGE_PASSWORD = "cannot-change-password"  # noqa: S105  # a word
    MINIMUM_AGE = "minimum-age"
    OU_NAME = "ou-name"
    OUT_OF_SYNC_SCOPE = "out-of-sync-scope"
    INHERITANCE_BLOCKED = "inheritance-blocked"
    ADMIN_PROTECTED = "admin-protected"
    NO_UNEXPIRE_RIGHT = "no-unexpire-right"
    EXPIRED = "expired"


class Unknown(StrEnum):
    """What could not be found out about one person; nobody is fine of whom this is not empty."""

    CONNECTOR = "connector"
    """Which account writes passwords back, or which groups it is in."""
    PERMISSIONS = "permissions"
    """The worker may not read the object's permissions, or cannot understand them."""
    ACCOUNT_STATE = "account-state"
    """Whether the account is disabled, locked or expired, or how old its password is."""
    PASSWORD_POLICY = "password-policy"  # noqa: S105  # likewise
    """Which minimum age holds: fine-grained policies are hidden from the worker."""
    DUPLICATES = "duplicates"
    """Whether somebody else has the same source anchor: it is no GUID."""
    OTHER_DOMAIN = "other-domain"
    """The account is in a domain that this worker reads through the global catalogue alone."""
    NOT_CHECKED = "not-checked"
    """The look at this account failed in a way that nobody foresaw."""


class Verdict(StrEnum):
    """What a preflight comes to."""

    REFUSED = "refused"
    UNKNOWN = "unknown"
    FINE = "fine"


REFUSING = frozenset(
    {
        *(Finding.NOT_FOUND, Finding.SEVERAL_MATCHES, Finding.DUPLICATE_ANCHOR),
        *(Finding.NO_RESET_RIGHT, Finding.NO_LOCKOUT_RIGHT, Finding.NO_PWDLASTSET_RIGHT),
        *(Finding.DISABLED, Finding.LOCKED, Finding.CANNOT_CHANGE_PASSWORD),
        *(Finding.MINIMUM_AGE, Finding.OU_NAME, Finding.OUT_OF_SYNC_SCOPE),
    }
)
"""The findings of which each refuses a reset; the others explain or warn."""
PASSING = frozenset({Finding.LOCKED, Finding.MINIMUM_AGE})
"""The refusing ones that end by themselves, with the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What one look at one person's account found."""

    key: str
    """The person's key in the ledger."""
    seen_at: datetime
    worker: str
    findings: tuple[Finding, ...] = ()
    unknown: tuple[Unknown, ...] = ()

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings for which a reset would be refused."""
        return tuple(one for one in self.findings if one in REFUSING)

    @property
    def verdict(self) -> Verdict:
        """Whether a reset would be refused; fine only where nothing is unknown."""
        if self.refusals:
            return Verdict.REFUSED
        return Verdict.UNKNOWN if self.unknown else Verdict.FINE


def in_order[W: StrEnum](words: Iterable[W], kind: type[W]) -> tuple[W, ...]:
    """Returns the words once each, in the order of their list."""
    found = set(words)
    return tuple(word for word in kind if word in found)
