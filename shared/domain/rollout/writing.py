"""Writing: whether the product may change anybody's membership, and by whose word it may not.

It stands above the rollout: a stop holds waves, repairs, events, withdrawals and the worker alike,
in every phase and without a rollout too.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from shared.domain.errors import NotPossible


class StopReason(StrEnum):
    """Why nothing is written."""

    BY_OPERATOR = "by-operator"

    @property
    def text(self) -> str:
        """One sentence for people."""
        return _TEXTS[self]


_TEXTS = {StopReason.BY_OPERATOR: "An operator stopped everything that writes."}


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Whether anything is written, since when, and on whose word. Times are in UTC."""

    stop: StopReason | None
    """None while everything goes on."""
    since: datetime
    """When that began. Directory commands issued before a stop are void from it on."""
    actor: str
    reason: str
    carried_out: bool = False
    """Whether what follows has been done: the worker told of a stop; after a start, whoever is
    owed a write announced to the writers."""

    @property
    def is_stopped(self) -> bool:
        """Whether nothing may be written."""
        return self.stop is not None

    def is_carried_out(self) -> Self:
        """Returns the same word, with what follows from it done."""
        return replace(self, carried_out=True)


def stop(
    current: Writing | None, why: StopReason, now: datetime, *, actor: str, reason: str
) -> Writing:
    """Stops everything that writes.

    Where it is stopped already the newer word counts, and the time of the first: since then nothing
    has been written.
    """
    if current is None or not current.is_stopped:
        return Writing(stop=why, since=now, actor=actor, reason=reason)
    return replace(current, stop=why, actor=actor, reason=reason)


def start(current: Writing | None, now: datetime, *, actor: str, reason: str) -> Writing:
    """Lets everything that writes go on.

    Raises:
        NotPossible: nothing is stopped.
    """
    if current is None or not current.is_stopped:
        raise NotPossible("nothing is stopped; sspr status shows what goes on")
    return Writing(stop=None, since=now, actor=actor, reason=reason)


def writing_entry(writing: Writing, action: str) -> dict[str, Any]:
    """Returns what the audit keeps of the word, all as plain JSON values."""
    return {
        "action": action,
        "reason": writing.reason,
        "stop": writing.stop,
        "since": writing.since.isoformat(),
        "carriedOut": writing.carried_out,
    }
