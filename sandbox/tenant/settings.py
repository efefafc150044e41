"""What a test may change about the tenant: delays, limits, policies, the Connect host."""

from dataclasses import dataclass, fields
from typing import Any, Self

_CAMPAIGNS = {"passkey", "sspr"}
_MIGRATIONS = ("preMigration", "migrationInProgress", "migrationComplete")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Delays are in seconds; real ones run to minutes and hours, so tests choose their own."""

    membership_lag_seconds: float = 0.3
    """Between a membership's write and its showing in listings and checks."""
    index_lag_seconds: float = 2.0
    """The same for what reads the index: `$count` and advanced queries."""
    report_lag_seconds: float = 2.0
    """Between a change and the registration report's showing it."""
    new_user_lag_seconds: float = 0.0
    """How long a user is "not found" after its creation."""
    licence_delay_seconds: float = 0.0
    """Between a synced user's arrival and its group-based licence."""
    most_writes_at_once: float = 0.0
    """Writes to one group that are carried out at once; more are refused. 0: any number."""
    write_seconds: float = 0.0
    """How long a write to a group goes on; others meanwhile are at once with it."""
    filters_by_the_table: float = 1.0
    """Whether users are found only by what Microsoft's table of filters offers, and as it says. 0:
    the fields that it calls advanced need no advanced query, as public code has it."""
    scope_is_audited: float = 1.0
    """Whether the audit log tells of a change of whom SSPR is on for. 0: it does not, since
    Microsoft's announcement names the other pages and not this one."""
    delta_tracks_conversions: float = 1.0
    """Whether delta queries of users tell of conversions; nobody documents that they do. 0: not."""
    conversions_are_audited: float = 1.0
    """Whether the audit log tells of conversions. 0: it does not, or not in time."""
    methods_required: int = 1
    """How many methods a reset asks people for: 1 or 2."""
    disabled_methods: tuple[str, ...] = ()
    """Methods that the Authentication methods policy does not take."""
    methods_migration: str = "migrationComplete"
    """How far the legacy policies have been moved to the Authentication methods policy."""
    registration_controls: tuple[str, ...] = ()
    """What Conditional Access asks of whoever registers: `mfa`, `block` …; nothing: no policy."""
    campaigns: tuple[str, ...] = ()
    """Microsoft's registration campaigns that are on: `sspr`, `passkey`, each from its own day."""
    connect_host: str | None = None
    """Base URL of the Connect host that carries out password writebacks."""

    @property
    def longest_lag_seconds(self) -> float:
        """How far back anybody may look at memberships."""
        return max(self.membership_lag_seconds, self.index_lag_seconds, self.report_lag_seconds)

    def changed(self, body: dict[str, Any]) -> Self:
        """A copy with the values of `body`, whose names are those of `described`.

        Raises:
            ValueError: a name is unknown, or its value has the wrong type.
        """
        values = self.described()
        for name, value in body.items():
            if name not in values:
                raise ValueError(f"{name}: no such setting; there are {', '.join(values)}")
            values[name] = _checked(name, value)
        names = [field.name for field in fields(self)]
        return type(self)(**dict(zip(names, values.values(), strict=True)))

    def described(self) -> dict[str, Any]:
        """The settings under their names on the wire."""
        return {_wire_name(field.name): getattr(self, field.name) for field in fields(self)}


def _wire_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _checked(name: str, value: Any) -> Any:
    if name == "connectHost":
        if value is not None and not str(value).startswith("http"):
            raise ValueError(f"{name}: not an http URL: {value!r}")
        return value
    if name == "methodsRequired":
        if value not in (1, 2) or value is True:
            raise ValueError(f"{name}: not 1 or 2: {value!r}")
        return value
    if name in {"campaigns", "disabledMethods", "registrationControls"}:
        return _words(name, value)
    if name == "methodsMigration":
        if value not in _MIGRATIONS:
            raise ValueError(f"{name}: not one of {', '.join(_MIGRATIONS)}: {value!r}")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"{name}: not a number from 0: {value!r}")
    return float(value)


def _words(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name}: not a list of words: {value!r}")
    if name == "campaigns" and not _CAMPAIGNS.issuperset(value):
        raise ValueError(f"{name}: not of {', '.join(sorted(_CAMPAIGNS))}: {value!r}")
    return tuple(value)
