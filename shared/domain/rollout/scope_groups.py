"""The AD group's twin in Entra: what has to be true of it, or no membership in it counts.

Whoever converts its source of authority, takes it out of the scope group or makes another kind of
group of it does so without a word to the product: from then on the worker writes into a group that
nobody reads. So it is looked at before every plan, at every reconciliation and every minute.
"""

from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class ScopeFault:
    """Why what the worker writes does not count, and of which group."""

    reason: PauseReason
    detail: str

    def __str__(self) -> str:
        return f"{self.reason.text} {self.detail}"


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
