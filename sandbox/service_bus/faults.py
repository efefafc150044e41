"""Faults on demand: what networks, namespaces and clocks can do, switched on and off by a test."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sandbox.service_bus.access import Role


class Fault(StrEnum):
    """What can be wrong from now on, until it is cleared."""

    BLACK_HOLE = "black-hole"
    """Connections stay up, and what is sent on them arrives nowhere, in either direction.

    One that has lost bytes stays dead when the fault is over, as a firewall leaves it that has
    forgotten it; a new one is as good as any.
    """
    SLOWNESS = "slowness"
    """Everything leaves late, by as many seconds as are asked for."""
    ENTITY_DISABLED = "entity-disabled"
    SERVER_BUSY = "server-busy"
    QUOTA_FULL = "quota-full"
    TOKEN_REFUSED = "token-refused"
    CLOCK = "clock"
    """The broker's clock is ahead by as many seconds as are asked for, or behind."""


class Incident(StrEnum):
    """What happens once, and is over."""

    DETACH = "detach"
    """Links are detached by force; their connection stays."""
    DEAFEN = "deafen"
    """Receivers stay attached and get no message any more; all else on their connection works."""
    RESET = "reset"
    """Connections are reset."""
    LOCKS_LAPSE = "locks-lapse"
    """Every lock is over, whoever holds it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """How an operation is refused: by an AMQP condition, and on `$management` by a status too."""

    condition: str
    description: str
    status: int


REFUSALS: Final = {
    Fault.ENTITY_DISABLED: Refusal(
        "com.microsoft:entity-disabled",
        "The messaging entity is currently disabled.",
        410,
    ),
    Fault.SERVER_BUSY: Refusal(
        "com.microsoft:server-busy",
        "The request was terminated because the entity is being throttled. Error code: 50009. "
        "Please wait 10 seconds and try again.",
        503,
    ),
    Fault.QUOTA_FULL: Refusal(
        "amqp:resource-limit-exceeded",
        "The maximum entity size has been reached or exceeded.",
        403,
    ),
    Fault.TOKEN_REFUSED: Refusal(
        "amqp:unauthorized-access",
        "ExpiredToken: the token is expired or has been taken back.",
        401,
    ),
}
FORCED: Final = Refusal(
    "amqp:link:detach-forced",
    "The link is force detached because the broker was told to.",
    410,
)
_ENDS_LINKS: Final = frozenset({Fault.ENTITY_DISABLED, Fault.SERVER_BUSY, Fault.TOKEN_REFUSED})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a link is attached, and to what end."""

    queue: str
    role: Role


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a fault meets: everybody, those at one queue, or only its senders or receivers."""

    queue: str | None = None
    role: Role | None = None

    def covers(self, place: Place) -> bool:
        """Whether a link at this place is meant."""
        return self.queue in {None, place.queue} and self.role in {None, place.role}

    def covers_connection(self, places: Collection[Place]) -> bool:
        """Whether a connection with links at these places is meant."""
        return (self.queue is None and self.role is None) or any(map(self.covers, places))


@dataclass(frozen=True, slots=True)
class ActiveFault:
    """A fault that is switched on."""

    fault: Fault
    scope: Scope
    seconds: float = 0

    def ends(self, place: Place) -> bool:
        """Whether it detaches a link that is attached at this place already."""
        if self.fault is Fault.SERVER_BUSY and place.role is Role.SENDER:
            return False  # whose messages are refused one by one
        return self.fault in _ENDS_LINKS and self.scope.covers(place)

    def refuses(self, place: Place) -> bool:
        """Whether it refuses what is asked for at this place."""
        if self.fault not in REFUSALS or not self.scope.covers(place):
            return False
        return place.role is Role.SENDER or self.fault is not Fault.QUOTA_FULL


class Faults:
    """The faults of one broker that are switched on."""

    def __init__(self) -> None:
        self.active: list[ActiveFault] = []

    def begin(self, fault: ActiveFault) -> None:
        """Switches a fault on, instead of the same one with the same scope."""
        self.active = [
            one for one in self.active if (one.fault, one.scope) != (fault.fault, fault.scope)
        ]
        self.active.append(fault)

    def clear(self) -> None:
        """Switches all faults off."""
        self.active = []

    def refusal(self, place: Place, *, attaching: bool = False) -> Refusal | None:
        """How what is asked for at this place is refused, if it is."""
        for one in self.active:
            if one.refuses(place) and not (attaching and one.fault is Fault.QUOTA_FULL):
                return REFUSALS[one.fault]
        return None

    def refuses_token(self, queue: str) -> bool:
        """Whether no token for this queue is taken."""
        return any(
            one.fault is Fault.TOKEN_REFUSED and one.scope.queue in {None, queue}
            for one in self.active
        )

    def swallows(self, places: Collection[Place]) -> bool:
        """Whether a connection with links at these places loses what is sent on it."""
        return any(
            one.fault is Fault.BLACK_HOLE and one.scope.covers_connection(places)
            for one in self.active
        )

    def delay(self, places: Collection[Place]) -> float:
        """Seconds by which what leaves on a connection with links at these places is late."""
        return max(
            (
                one.seconds
                for one in self.active
                if one.fault is Fault.SLOWNESS and one.scope.covers_connection(places)
            ),
            default=0,
        )

    def clock_offset(self) -> int:
        """Milliseconds by which the broker's clock is ahead."""
        ahead = sum(one.seconds for one in self.active if one.fault is Fault.CLOCK)
        return round(ahead * 1000)
