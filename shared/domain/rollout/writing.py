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
    TOO_MANY = "too-many"
    OTHER_GROUP = "other-group"
    LEDGER_OLDER = "ledger-older"

    @property
    def text(self) -> str:
        """One sentence for people."""
        return _TEXTS[self]


_TEXTS = {
    StopReason.BY_OPERATOR: "An operator stopped everything that writes.",
    StopReason.TOO_MANY: "More people were to be written within an hour than is done unasked.",
    StopReason.OTHER_GROUP: "The group to be written is not the one of before, or of the document.",
    StopReason.LEDGER_OLDER: "The ledger is older than what it wrote, or another one: "
    "sspr recover shows what differs.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """Whose word it is that is kept, and why they say it: for the audit."""

    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherStop:
    """A stop that holds beside the one for an older ledger, and still does when that is over."""

    stop: StopReason
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Whether anything is written, since when, and on whose word. Times are in UTC."""

    stop: StopReason | None
    """None while everything goes on."""
    since: datetime
    """When that began. Directory commands issued before a stop are void from it on."""
    actor: str
    reason: str
    group_id: str | None = None
    """The scope group that was written before; None before the first write."""
    carried_out: bool = False
    """Whether what follows has been done: the worker told of a stop; after a start, whoever is
    owed a write announced to the writers."""
    also: OtherStop | None = None
    """What else it is stopped for while the ledger is older than the world."""
    refills: bool = False
    """Whether the group is another one than before, or was made anew, and whoever was seen in the
    one before is still to be asked for."""

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
    has been written. The product's own word does not take the place of an operator's. That the
    ledger is older than the world is the reason before any other, and the other is kept beside it:
    nothing but a recovery ends the one, and nothing but a start the other.
    """
    if current is None or not current.is_stopped:
        group_id = current.group_id if current else None
        refills = current.refills if current else False
        return Writing(
            stop=why, since=now, actor=actor, reason=reason, group_id=group_id, refills=refills
        )
    if why is StopReason.LEDGER_OLDER:
        return _of_an_older_ledger(current, actor=actor, reason=reason)
    own = current.also if current.stop is StopReason.LEDGER_OLDER else _stop_of(current)
    is_operators = own is not None and own.stop is StopReason.BY_OPERATOR
    if is_operators and why is not StopReason.BY_OPERATOR:
        return current
    if current.stop is StopReason.LEDGER_OLDER:
        return replace(current, also=OtherStop(stop=why, actor=actor, reason=reason))
    return replace(current, stop=why, actor=actor, reason=reason)


def _of_an_older_ledger(current: Writing, *, actor: str, reason: str) -> Writing:
    """Returns the stop with that for its reason.

    The worker is told anew: what the copy says of it, and of the time since, may be old as well.
    """
    if current.stop is StopReason.LEDGER_OLDER:
        return replace(current, actor=actor, reason=reason)
    return replace(
        current,
        stop=StopReason.LEDGER_OLDER,
        actor=actor,
        reason=reason,
        carried_out=False,
        also=_stop_of(current),
    )


def _stop_of(current: Writing) -> OtherStop | None:
    if current.stop is None:
        return None
    return OtherStop(stop=current.stop, actor=current.actor, reason=current.reason)


def start(
    current: Writing | None, now: datetime, *, actor: str, reason: str, group_id: str | None = None
) -> Writing:
    """Lets everything that writes go on; with a group's id, in that group from now on.

    A group that is named is another one than before, be it of the same id: an AD group in it may
    have been made anew. Whoever was seen in the one before is owed a membership in it.

    Raises:
        NotPossible: nothing is stopped, or the ledger is older than the world.
    """
    if current is None or not current.is_stopped:
        raise NotPossible("nothing is stopped; sspr status shows what goes on")
    if current.stop is StopReason.LEDGER_OLDER:
        raise NotPossible(f"{current.stop.text} With what it shows it goes on")
    written = group_id or current.group_id
    refills = current.refills or group_id is not None
    return Writing(
        stop=None, since=now, actor=actor, reason=reason, group_id=written, refills=refills
    )


def recovered(current: Writing, now: datetime, *, actor: str, reason: str) -> Writing:
    """Lets everything go on with a ledger that an operator has held against the world.

    A stop that was said as well is left, as it was said: only a start ends that.

    Raises:
        NotPossible: that is not why it is stopped.
    """
    if current.stop is not StopReason.LEDGER_OLDER:
        raise NotPossible("the ledger is not older than the world; there is nothing to recover")
    if left := current.also:
        return replace(current, stop=left.stop, actor=left.actor, reason=left.reason, also=None)
    return Writing(
        stop=None,
        since=now,
        actor=actor,
        reason=reason,
        group_id=current.group_id,
        refills=current.refills,
    )


def begun(current: Writing | None, group_id: str, now: datetime) -> Writing:
    """Returns the same word once a membership of that group has been written."""
    if current is None:
        current = Writing(stop=None, since=now, actor="clock", reason="", carried_out=True)
    return replace(current, group_id=group_id)


def fills_anew(current: Writing | None, configured: str) -> bool:
    """Tells whether whoever was seen in the group of before is owed a membership.

    Args:
        current: The newest word; None before the first write.
        configured: What the app's settings name.
    """
    if current is None:
        return False
    is_another = current.group_id is not None and not _same(current.group_id, configured)
    return current.refills or is_another


def other_group(configured: str, *, named: str | None, written: str | None) -> str | None:
    """Says why the group that the app is set up for is not the one to be written; None if it is.

    Args:
        configured: What the app's settings name.
        named: What the document in force names; None without a rollout.
        written: What was written before; None before the first write.
    """
    if named is not None and not _same(named, configured):
        return f"the app is set up for group {configured}, and the document names {named}"
    if written is not None and not _same(written, configured):
        return f"the app is set up for group {configured}, and wrote {written} before"
    return None


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def writing_entry(writing: Writing, action: str, said: Said | None = None) -> dict[str, Any]:
    """Returns what the audit keeps of the word, all as plain JSON values.

    Args:
        writing: What holds from now on.
        action: What is done.
        said: The word that made it so, where what holds is another's.
    """
    entry = {
        "action": action,
        "reason": said.reason if said else writing.reason,
        "stop": writing.stop,
        "since": writing.since.isoformat(),
        "carriedOut": writing.carried_out,
    }
    also = {"also": writing.also.stop} if writing.also else {}
    refills = {"refills": True} if writing.refills else {}
    return entry | also | refills | ({"group": writing.group_id} if writing.group_id else {})
