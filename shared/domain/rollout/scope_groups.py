"""The AD group's twin in Entra: what has to be true of it, or no membership in it counts.

Whoever converts its source of authority, takes it out of the scope group or makes another kind of
group of it does so without a word to the product: from then on the worker writes into a group that
nobody reads. So it is looked at before every plan, at every reconciliation and every minute.

One answer may be wrong: a replica that is behind knows of no group. So a first look leads to
nothing but a second one, and nobody is touched in between.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.rollout.state import PauseReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncedGroup:
    """The twin as Entra shows it."""

    object_id: str
    is_synced: bool
    """Whether on-premises is its source of authority. Graph says null of a converted one."""
    is_security_group: bool
    is_in_scope: bool
    """Whether it is the scope group, or nested in it, directly or through others."""


AGAIN = timedelta(seconds=20)
"""How long after a first look a second one counts; the clock looks each minute."""


@dataclass(frozen=True, slots=True)
class ScopeFault:
    """Why what is written does not count, and of which group; or what was not in an answer."""

    reason: PauseReason
    detail: str

    @property
    def is_of_twin(self) -> bool:
        """Whether it is of an AD group's twin, and not of what every plan needs."""
        return self.reason is not PauseReason.UNSAFE_PLAN

    def __str__(self) -> str:
        return f"{self.reason.text} {self.detail}" if self.is_of_twin else self.detail


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeDoubt:
    """What the newest look found, and since when each look has said the same."""

    fault: ScopeFault | None
    """None where it found nothing."""
    since: datetime
    is_sure: bool = False
    """Whether a second look has said the same."""

    @property
    def is_open(self) -> bool:
        """Whether a second look is still to come."""
        return self.fault is not None and not self.is_sure


def doubted(before: ScopeDoubt | None, fault: ScopeFault | None, now: datetime) -> ScopeDoubt:
    """Returns what is to be thought of it after one more look."""
    if before is None or before.fault != fault:
        return ScopeDoubt(fault=fault, since=now)
    is_again = fault is not None and now - before.since >= AGAIN
    return replace(before, is_sure=before.is_sure or is_again)


def fault_of(name: str, twin: SyncedGroup | None) -> ScopeFault | None:
    """Returns what is wrong with a twin, or None if nothing is.

    Args:
        name: what it was looked for by, for people.
        twin: None where Entra has none.
    """
    if twin is None:
        return ScopeFault(PauseReason.GROUP_MISSING, f"{name} is not in Entra")
    who = f"{name} is group {twin.object_id} in Entra"
    if not twin.is_synced:
        return ScopeFault(PauseReason.GROUP_CONVERTED, f"{who}, and no longer synced")
    if not twin.is_security_group:
        return ScopeFault(PauseReason.GROUP_NOT_SECURITY, f"{who}")
    if not twin.is_in_scope:
        return ScopeFault(PauseReason.GROUP_NOT_NESTED, f"{who}")
    return None
