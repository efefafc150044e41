"""What the endpoint tells of password writeback: facts by name, events by number and hour."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

WRITEBACK_FACTS = "Get-SsprWritebackFact"
"""A function of ours on the endpoint: whether writeback is on and runs, and its events."""
RESET_SUCCEEDED, RESET_FAILED, POLICY_NOT_MET = 31002, 31003, 33008
"""Of resets by people themselves; the last one tells that a password did not meet the policy.

Source: "Troubleshoot self-service password reset writeback", Microsoft Learn, read on 29 Nov 2026.
"""
_STOPPED, _STARTED, _HEARTBEAT = "31016", "31015", "31019"


@dataclass(frozen=True, slots=True)
class Hour:
    """How resets ended that reached the host within an hour."""

    begins_at: datetime
    succeeded: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WritebackFacts:
    """What the host said; None stands for what it did not."""

    enabled: bool | None = None
    service: str | None = None
    events_since: datetime | None = None
    events_problem: str | None = None
    heartbeat_at: datetime | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    events: Mapping[int, int] = field(default_factory=dict)
    hours: Sequence[Hour] = ()


def writeback_facts_of(told: Iterable[Mapping[str, Any]]) -> WritebackFacts:
    """Returns what the objects say; what cannot be read is left out, as if it had not been told."""
    facts = [tuple(str(one.get(name)) for name in ("Name", "Scope", "Value")) for one in told]
    single = {name: value for name, _, value in facts}
    newest = {scope: _moment(value) for name, scope, value in facts if name == "Newest"}
    events = _events(facts)
    return WritebackFacts(
        enabled={"true": True, "false": False}.get(single.get("Enabled", "").lower()),
        service=single.get("Service"),
        events_since=_moment(single.get("EventsSince", "")),
        events_problem=single.get("EventsProblem"),
        heartbeat_at=newest.get(_HEARTBEAT),
        started_at=newest.get(_STARTED),
        stopped_at=newest.get(_STOPPED),
        events=_totals(events),
        hours=_hours(events),
    )


def _events(facts: Iterable[Sequence[str]]) -> Counter[tuple[int, datetime]]:
    """Returns how many events there were, by number and the hour in which they were written."""
    events: Counter[tuple[int, datetime]] = Counter()
    for name, scope, value in facts:
        number, _, hour = scope.partition(" ")
        begins = _moment(hour)
        if name == "Events" and number.isdecimal() and value.isdecimal() and begins:
            events[int(number), begins] += int(value)
    return events


def _totals(events: Counter[tuple[int, datetime]]) -> Mapping[int, int]:
    totals: Counter[int] = Counter()
    for (number, _), count in events.items():
        totals[number] += count
    return dict(sorted(totals.items()))


def _hours(events: Counter[tuple[int, datetime]]) -> Sequence[Hour]:
    """Returns the hours in which resets ended, oldest first.

    A failure for want of a better password is told by two events, and is not the writeback's.
    """
    of_resets = {at for number, at in events if number in {RESET_SUCCEEDED, RESET_FAILED}}
    return tuple(
        Hour(
            at,
            events[RESET_SUCCEEDED, at],
            max(events[RESET_FAILED, at] - events[POLICY_NOT_MET, at], 0),
        )
        for at in sorted(of_resets)
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
