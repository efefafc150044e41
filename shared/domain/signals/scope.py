"""The scope groups: what they hold, and whom SSPR is on for."""

from dataclasses import dataclass

from shared.domain.person.reasons import Reason
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_sight import SightSource
from shared.domain.rollout.state import PauseReason
from shared.domain.signals.signal import Severity, Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeGroupFault(Signal):
    """The AD group's twin in Entra is not what it has to be; told at every look."""

    event = "scope-group-fault"
    reason: PauseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeGroupUnwritable(Signal):
    """The scope group is not for the app to write: its kind, or who may; whom it is about waits."""

    event = "scope-group-unwritable"
    reason: Reason
    people: int
    """Whose memberships were to be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SsprScopeWrong(Signal):
    """SSPR is not on for the scope group alone, or may not be; told at every look."""

    event = "sspr-scope-wrong"
    finding: SsprFinding
    source: SightSource
    since: str
    """Since when, in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SsprScopeRight(Signal):
    """SSPR is on for the scope group again."""

    event = "sspr-scope-right"
    severity = Severity.INFO
    before: SsprFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class SsprScopeUnseen(Signal):
    """The audit log could not be read for changes of SSPR's settings; told at every look."""

    event = "sspr-scope-unseen"
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftFound(Signal):
    """Memberships are not as they were, by nobody's word here; numbers of people."""

    event = "drift-found"
    added_by_hand: int
    removed_by_hand: int
    repaired: int
    held: int = 0
    """Left as they are because they are too many: an operator is asked."""
    no_longer_members: int = 0
    """In the group before the rollout, and gone; nothing else wants them, and nobody puts them
    back."""
    former_group: int = 0
    """Seen in the group of before, and not yet in the one in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleConverted(Signal):
    """The source of authority of people in scope is another than when they were put in."""

    event = "people-converted"
    to_cloud: int
    to_on_premises: int
