"""What is found about one account, from what AD shows of it: pure."""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hybrid_worker.active_directory.connection import Entry
from hybrid_worker.preflight import rights
from hybrid_worker.preflight.rights import Held, Right
from hybrid_worker.preflight.security_descriptor import (
    Descriptor,
    NotADescriptor,
    read_descriptor,
)
from shared.domain.person.preflight import Finding, Unknown

ATTRIBUTES = (
    *("distinguishedName", "objectGUID", "objectClass", "nTSecurityDescriptor", "adminCount"),
    *("userAccountControl", "msDS-User-Account-Control-Computed", "accountExpires"),
    *("pwdLastSet", "msDS-ResultantPSO"),
)
_DISABLED = 0x2
_LOCKED_OUT = 0x10
"""Of msDS-User-Account-Control-Computed: by the lockout duration that holds for the account."""
_NEVER = frozenset({0, 0x7FFFFFFFFFFFFFFF})
_RESERVED = re.compile(r'[,+"\\<>;=/\r\n]|^[ #]|[ ]$')
"""Source: "Organizational unit characters reserved from password writeback", Microsoft Learn."""
_PART = re.compile(r"(?:[^,\\]|\\.)+", re.DOTALL)
"""One name of a DN; ldap3's own reader refuses names that AD has."""
_NEEDED: tuple[tuple[Right, Finding], ...] = (
    (rights.RESET_PASSWORD, Finding.NO_RESET_RIGHT),
    (rights.WRITE_LOCKOUT_TIME, Finding.NO_LOCKOUT_RIGHT),
    (rights.WRITE_PWD_LAST_SET, Finding.NO_PWDLASTSET_RIGHT),
)

type Word = Finding | Unknown


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds for every account that is looked at together."""

    now: datetime
    token: AbstractSet[str] | None
    """The SIDs of whoever writes passwords back, and of its groups; None: not known."""
    may_unexpire: Held
    """Whether it holds Unexpire Password on the root of the domain."""
    minimum_age: timedelta | None
    """The domain's; None: not known."""
    fine_grained: "dict[str, timedelta] | None"
    """The minimum ages of fine-grained policies by DN, in lower case; None: they are hidden."""


def words_about(entry: Entry, around: Surroundings) -> Iterator[Word]:
    """Yields what is found about the account, and what cannot be found out."""
    yield from _of_permissions(entry, around)
    yield from _of_state(entry, around.now)
    yield from _of_age(entry, around)
    if has_reserved_ou(_text(entry, "distinguishedName") or ""):
        yield Finding.OU_NAME
    if _text(entry, "adminCount") == "1":
        yield Finding.ADMIN_PROTECTED


def has_reserved_ou(dn: str) -> bool:
    """Tells whether an OU above the account has a name that writeback cannot take."""
    names = (part.partition("=") for part in _PART.findall(dn)[1:])
    return any(
        kind.strip().upper() == "OU" and _RESERVED.search(_unescaped(value))
        for kind, _, value in names
    )


def _of_permissions(entry: Entry, around: Surroundings) -> Iterator[Word]:
    descriptor = _descriptor(entry)
    if descriptor is None:
        yield Unknown.PERMISSIONS
        return
    if descriptor.protected:
        yield Finding.INHERITANCE_BLOCKED
    if rights.cannot_change_password(descriptor):
        yield Finding.CANNOT_CHANGE_PASSWORD
    if around.token is None:
        yield Unknown.CONNECTOR
        return
    # The last is the class itself, those before it are what it comes from.
    named = (entry.get("objectClass") or [b"user"])[-1].decode().lower()
    of_class = rights.INET_ORG_PERSON if named == "inetorgperson" else rights.USER
    for right, finding in _NEEDED:
        match rights.held(right, descriptor, around.token, of_class):
            case Held.NO:
                yield finding
            case Held.UNKNOWN:
                yield Unknown.PERMISSIONS
    if around.may_unexpire is not Held.YES:
        no = around.may_unexpire is Held.NO
        yield Finding.NO_UNEXPIRE_RIGHT if no else Unknown.PERMISSIONS


def _descriptor(entry: Entry) -> Descriptor | None:
    values = entry.get("nTSecurityDescriptor")
    try:
        return read_descriptor(values[0]) if values else None
    except NotADescriptor:
        return None


def _of_state(entry: Entry, now: datetime) -> Iterator[Word]:
    control = _number(entry, "userAccountControl")
    computed = _number(entry, "msDS-User-Account-Control-Computed")
    expires = _number(entry, "accountExpires")
    if control is None or computed is None or expires is None:
        yield Unknown.ACCOUNT_STATE
    if control is not None and control & _DISABLED:
        yield Finding.DISABLED
    if computed is not None and computed & _LOCKED_OUT:
        yield Finding.LOCKED
    if expires is not None and expires not in _NEVER and moment_of(expires) <= now:
        yield Finding.EXPIRED


def _of_age(entry: Entry, around: Surroundings) -> Iterator[Word]:
    least = _least_age(entry, around)
    if least is None:
        yield Unknown.PASSWORD_POLICY
        least = around.minimum_age or timedelta()
    if least <= timedelta():
        return
    last_set = _number(entry, "pwdLastSet")
    if last_set is None:
        yield Unknown.ACCOUNT_STATE
    # 0: it has to be changed at the next sign-in, at any age.
    elif last_set and around.now < moment_of(last_set) + least:
        yield Finding.MINIMUM_AGE


def _least_age(entry: Entry, around: Surroundings) -> timedelta | None:
    """Returns the minimum age that holds for the account's password; None if not known."""
    if around.fine_grained is None:
        return None
    policy = _text(entry, "msDS-ResultantPSO")
    if policy is None:
        return around.minimum_age
    return around.fine_grained.get(policy.lower())


def moment_of(ticks: int) -> datetime:
    """Returns the time of so many tenths of a microsecond since 1601 (MS-DTYP 2.3.3).

    What no datetime can hold is as late as one can be.
    """
    try:
        return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def age_of(entry: Entry, name: str) -> timedelta | None:
    """Returns a policy's minimum age, which AD keeps as a negative interval; None if hidden."""
    ticks = _number(entry, name)
    return timedelta(microseconds=abs(ticks) // 10) if ticks is not None else None


def _unescaped(value: str) -> str:
    """Returns an attribute value of a DN without its escapes (RFC 4514)."""
    return re.sub(
        r"\\([0-9A-Fa-f]{2}|.)",
        lambda found: chr(int(found[1], 16)) if len(found[1]) > 1 else found[1],
        value,
        flags=re.DOTALL,
    )


def _text(entry: Entry, name: str) -> str | None:
    values = entry.get(name)
    return values[0].decode(errors="replace") if values else None


def _number(entry: Entry, name: str) -> int | None:
    try:
        return int(_text(entry, name) or "")
    except ValueError:
        return None


def told_apart(words: Iterable[Word]) -> tuple[set[Finding], set[Unknown]]:
    """Returns the findings, and what is unknown."""
    found = list(words)
    return (
        {word for word in found if isinstance(word, Finding)},
        {word for word in found if isinstance(word, Unknown)},
    )
