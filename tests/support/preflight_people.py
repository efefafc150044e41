"""People with everything in the way of a reset that AD can have, and with what only looks so.

What each kind comes to is not said here: the domain and the writeback decide, and the worker
foretells.
"""

import random
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sandbox.company import INITIAL_PASSWORD
from sandbox.domain_controller import domain

ROOT = f"OU=Preflight,{domain.PEOPLE}"
_OUTSIDE = f"OU=Contractors,{domain.BASE}"
"""Here nobody has granted the connector account anything."""
_DENYING = f"OU=Denying,{ROOT}"
_SYNC, _WORKER = f"{{{domain.CONNECTOR.name}}}", f"{{{domain.WORKER.name}}}"
_HELPERS, _STRANGERS = "{preflight-helpers}", "{preflight-strangers}"
_RESET = "00299570-246d-11d0-a768-00aa006e0529"
_CHANGE = "ab721a53-1e2f-11d0-9819-00aa0040529b"
_LOCKOUT = "28630ebf-41d5-11d1-a9c1-0000f80367c1"
_LAST_SET = "bf967a0a-0de6-11d0-a285-00aa003049e2"
_RESTRICTIONS = "4c164200-20c0-11d0-a768-00aa006e0529"
_USER = "bf967aba-0de6-11d0-a285-00aa003049e2"
_READ = "(A;;GA;;;DA)(A;;RPLCRC;;;AU)"
"""What is left where nothing is inherited: administrators, and everybody may look."""
_RESERVED_NAMES = (
    *("R&D, Leeds", "Sales+Service", 'The "Lab"', "East\\West", "a<b", "a>b", "a;b", "a=b"),
    *("Sales/Service", "#1 Team"),
)
_ALLOWED_NAMES = ("R & D (neu)", "Küche-2", "Team #1", "it's_all.here!")
_HARD, _BRITTLE = "preflight-hard", "preflight-brittle"
"""Groups with a password policy of their own: a day's minimum age, and one wrong password."""
_DAY = -864_000_000_000
_LONG_AGO = 130_000_000_000_000_000
"""In tenths of a microsecond since 1601: in 2012."""


def _denied(rights: str, guid: str, account: str = _SYNC) -> str:
    return f"(OD;;{rights};{guid};;{account})"


def _allowed(rights: str, guid: str, account: str = _SYNC) -> str:
    return f"(OA;;{rights};{guid};;{account})"


_ALL_NEEDED = _allowed("CR", _RESET) + _allowed("WP", _LOCKOUT) + _allowed("WP", _LAST_SET)


@dataclass(frozen=True)
class Kind:
    """One way in which an account may be; every one of its parts is optional."""

    ou: str = ROOT
    attributes: dict[str, Any] = field(default_factory=dict)
    permission: dict[str, Any] | None = None
    """For `arrange.py`, without the DN."""
    after: dict[str, Any] = field(default_factory=dict)
    """Attributes that come after the permissions."""
    groups: tuple[str, ...] = ()
    twin: bool = False
    """Somebody else has the same source anchor."""
    gone: bool = False
    """They are in Entra and no more in AD."""


def _acl(aces: str = "", *, inherits: bool = True, keeps: str = "") -> dict[str, Any]:
    return {"aces": aces, "inherits": inherits, "keeps": keeps}


_RANDOM = "random-permissions"
_ACE_KINDS = ("A", "D", "OA", "OD")
_GUIDS = (_RESET, _LOCKOUT, _LAST_SET, _RESTRICTIONS, _USER)
_RIGHTS = ("CR", "WP", "CRWP", "GA", "GW")
_ACCOUNTS = (_SYNC, _HELPERS, _STRANGERS, "AU", "WD", "{svc-sspr-worker}")


def _random_acl(source: random.Random) -> dict[str, Any]:
    """Up to five entries of any kind, in any order: only an access check tells what they come to.

    None denies everybody every control access right: the writeback would take that for the option
    that the user cannot change the password. None hides the account. Object entries
    name something: Samba 4.17 takes one that does not for full control.
    """
    entries = []
    for _ in range(source.randint(1, 5)):
        kind, rights = source.choice(_ACE_KINDS), source.choice(_RIGHTS)
        account, guid = source.choice(_ACCOUNTS), source.choice(_GUIDS)
        everybody = account in {"AU", "WD"}
        hides = rights in {"GA", "GW"}
        if kind in {"D", "OD"} and (hides or (everybody and "CR" in rights)):
            rights = "WP"
        inherit = source.choice(("", "", "", "CIIO"))
        named = guid if kind in {"OA", "OD"} else ""
        entries.append(f"({kind};{inherit};{rights};{named};;{account})")
    return _acl("".join(entries) + _READ, inherits=source.random() < 0.5)


KINDS: dict[str, Sequence[Kind]] = {
    # Nothing is in the way, though it may look so.
    "plain": [Kind()] * 6,
    "own-permissions": [
        Kind(permission=_acl(_READ + _ALL_NEEDED, inherits=False)),
        Kind(permission=_acl(inherits=False, keeps="inherited")),
        Kind(permission=_acl(_READ + f"(A;;GA;;;{_HELPERS})", inherits=False)),
        Kind(
            permission=_acl(
                _READ
                + _allowed("CR", _RESET)
                + _allowed("WP", _LOCKOUT)
                + _allowed("WP", _RESTRICTIONS),
                inherits=False,
            )
        ),
    ],
    "explicit-before-inherited": [Kind(_DENYING, permission=_acl(_ALL_NEEDED))],
    "denied-to-strangers": [Kind(permission=_acl(_denied("CR", _RESET, _STRANGERS)))],
    "orphan-of-admin": [Kind(attributes={"adminCount": 1})],
    "expired": [Kind(attributes={"accountExpires": _LONG_AGO})],
    "allowed-ou": [Kind(f"OU={name},{ROOT}") for name in _ALLOWED_NAMES],
    "must-change": [Kind(groups=(_HARD,), after={"pwdLastSet": 0})],
    # Whether something is in the way, nobody says beforehand.
    _RANDOM: [Kind()],
    # Something is.
    "no-rights": [Kind(_OUTSIDE)],
    "inheritance-blocked": [Kind(permission=_acl(_READ, inherits=False))],
    "protected": [
        Kind(
            attributes={"adminCount": 1},
            permission=_acl(inherits=False, keeps="AdminSDHolder"),
        )
    ],
    "denied": [
        Kind(permission=_acl(_denied("CR", _RESET))),
        Kind(permission=_acl(_denied("CR", _RESET, _HELPERS))),
        Kind(permission=_acl(f"(D;;CR;;;{_SYNC})")),
        Kind(permission=_acl(_denied("CR", _RESET, "WD"))),
        Kind(_DENYING),
    ],
    "no-lockout": [
        Kind(permission=_acl(_denied("WP", _LOCKOUT))),
        Kind(
            permission=_acl(
                _READ + _allowed("CR", _RESET) + _allowed("WP", _LAST_SET), inherits=False
            )
        ),
    ],
    "no-last-set": [
        Kind(permission=_acl(_denied("WP", _LAST_SET))),
        Kind(permission=_acl(_denied("WP", _RESTRICTIONS, _HELPERS))),
        Kind(
            permission=_acl(
                _READ + _allowed("CR", _RESET) + _allowed("WP", _LOCKOUT), inherits=False
            )
        ),
    ],
    "disabled": [Kind(attributes={"userAccountControl": 514})],
    "locked": [Kind(groups=(_BRITTLE,))],
    "cannot-change": [
        Kind(permission=_acl(_denied("CR", _CHANGE, "PS") + _denied("CR", _CHANGE, "WD")))
    ],
    "too-young": [Kind(groups=(_HARD,))],
    "reserved-ou": [Kind(f"OU={name},{ROOT}") for name in _RESERVED_NAMES],
    "twins": [Kind(twin=True)],
    "gone": [Kind(gone=True)],
}


@dataclass(frozen=True)
class Someone:
    """One of them."""

    name: str
    kind: str
    way: Kind
    anchor: UUID

    @property
    def upn(self) -> str:
        """What they type."""
        return f"{self.name}@contoso.test"

    @property
    def source_anchor(self) -> str:
        """As Entra has it."""
        return b64encode(self.anchor.bytes_le).decode()

    def dn(self) -> str:
        """Where they are."""
        return f"CN={self.name},{escaped(self.way.ou)}"


def crowd(count: int, seed: int) -> list[Someone]:
    """So many people, each kind as often as any, and every way of a kind."""
    source = random.Random(seed)  # noqa: S311  # to be repeatable, not secret
    kinds = list(KINDS)
    people = []
    for number in range(count):
        kind = kinds[number % len(kinds)] if number % 4 else source.choice(["plain", _RANDOM])
        way = source.choice(KINDS[kind])
        if kind == _RANDOM:
            way = Kind(permission=_random_acl(source))
        people.append(Someone(f"pf{number:05}", kind, way, UUID(int=source.getrandbits(128))))
    return people


def escaped(dn: str) -> str:
    """The OU's name with what RFC 4514 wants escaped; what follows it is plain."""
    if not dn.startswith("OU=") or dn in {ROOT, _OUTSIDE, _DENYING}:
        return dn
    name, parent = dn.removeprefix("OU=").removesuffix(f",{ROOT}"), ROOT
    plain = "".join(f"\\{one}" if one in ',+"\\<>;=' else one for one in name)
    return f"OU={'\\' + plain if plain.startswith('#') else plain},{parent}"


def order(people: Sequence[Someone]) -> dict[str, Any]:
    """What `arrange.py` is to do for them."""
    return {
        "ldif": "".join([*_structure(people), *_accounts(people)]),
        "permissions": [*_shared(), *_permissions(people)],
        "after": "".join([*_memberships(people), *_after(people)]),
    }


def _structure(people: Sequence[Someone]) -> Iterator[str]:
    ous = dict.fromkeys([ROOT, _OUTSIDE, _DENYING, *(one.way.ou for one in people)])
    for ou in ous:
        yield _entry(escaped(ou), {"objectClass": "organizationalUnit"})
    for group in ("preflight-helpers", "preflight-strangers", _HARD, _BRITTLE):
        dn = f"CN={group},{ROOT}"
        yield _entry(dn, {"objectClass": "group", "sAMAccountName": group})
        if group in {_HARD, _BRITTLE}:
            yield _policy(group, dn)


def _policy(group: str, dn: str) -> str:
    """A fine-grained password policy; both are the domain's but for one thing."""
    hard = group == _HARD
    return _entry(
        f"CN={group},CN=Password Settings Container,CN=System,{domain.BASE}",
        {
            "objectClass": "msDS-PasswordSettings",
            "msDS-PasswordSettingsPrecedence": 10 if hard else 20,
            "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
            "msDS-PasswordHistoryLength": 0,
            "msDS-PasswordComplexityEnabled": "TRUE",
            "msDS-MinimumPasswordLength": 7,
            "msDS-MinimumPasswordAge": _DAY if hard else 0,
            "msDS-MaximumPasswordAge": -(2**63),
            "msDS-LockoutThreshold": 0 if hard else 1,
            "msDS-LockoutObservationWindow": _DAY,
            "msDS-LockoutDuration": _DAY,
            "msDS-PSOAppliesTo": dn,
        },
    )


def _accounts(people: Sequence[Someone]) -> Iterator[str]:
    password = f'"{INITIAL_PASSWORD}"'.encode("utf-16-le")
    for one in people:
        if one.way.gone:
            continue
        for suffix in ("", "t") if one.way.twin else ("",):
            name = one.name + suffix
            fields = {
                "objectClass": "user",
                "sAMAccountName": name,
                "userPrincipalName": f"{name}@contoso.test",
                "userAccountControl": 512,
                "unicodePwd": password,
                "mS-DS-ConsistencyGuid": one.anchor.bytes_le,
            }
            ou = escaped(one.way.ou)
            yield _entry(f"CN={name},{ou}", fields | one.way.attributes)


def _shared() -> Iterator[dict[str, Any]]:
    inherited = f"(OD;CIIO;CR;{_RESET};{_USER};{_SYNC})"
    yield {"dn": _DENYING, "aces": inherited}
    settings = f"CN=Password Settings Container,CN=System,{domain.BASE}"
    yield {"dn": settings, "aces": f"(A;CI;GR;;;{_WORKER})"}
    for group in (_HARD, _BRITTLE):
        yield {"dn": f"CN={group},{settings}", "aces": ""}


def _permissions(people: Sequence[Someone]) -> Iterator[dict[str, Any]]:
    for one in people:
        if one.way.permission and not one.way.gone:
            yield {"dn": one.dn(), **one.way.permission}


def _memberships(people: Sequence[Someone]) -> Iterator[str]:
    yield _change(f"CN=preflight-helpers,{ROOT}", "add", "member", domain.CONNECTOR.dn)
    for group in (_HARD, _BRITTLE):
        for one in people:
            if group in one.way.groups:
                yield _change(f"CN={group},{ROOT}", "add", "member", one.dn())


def _after(people: Sequence[Someone]) -> Iterator[str]:
    for one in people:
        for name, value in one.way.after.items():
            yield _change(one.dn(), "replace", name, value)


def _change(dn: str, verb: str, name: str, value: object) -> str:
    lines = [_line("dn", dn), "changetype: modify", f"{verb}: {name}", _line(name, value), "-"]
    return "\n".join(lines) + "\n\n"


def _entry(dn: str, attributes: dict[str, Any]) -> str:
    return "\n".join([_line("dn", dn), *map(_line, attributes, attributes.values())]) + "\n\n"


def _line(name: str, value: object) -> str:
    data = value if isinstance(value, bytes) else str(value).encode()
    return f"{name}:: {b64encode(data).decode()}"
