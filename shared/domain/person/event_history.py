"""What events said of a person: remembered event by event, so that each can be forgotten.

A forgotten event counts as if it had never come, whatever came after it, and in whatever order.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.domain.person.enrolment import (
    Cause,
    CauseKind,
    Claim,
    Enrolment,
    EventHistory,
    EventRecord,
    Exclusion,
    Said,
)
from shared.domain.person.leaving import lifts_leaving
from shared.domain.person.membership import NO_EVENT
from shared.domain.person.older_events import older_records
from shared.domain.person.onboarding import decide
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Lookup, Request

MOST_RECORDS = 12
"""Events kept of a person; of those before them it is known what they had come to."""
_NOTHING = Said(NO_EVENT)

type Choose = Callable[[EventRecord], bool]
"""Whether an event is one of those that are meant."""


def take_event(
    request: Request, finding: Lookup, current: Enrolment | None, policy: Policy, now: datetime
) -> Enrolment:
    """Decides the person's enrolment after an event, and remembers the event.

    One that was forgotten does nothing, however often it is delivered.
    """
    known = current.events.find(request.key) if current and current.events else None
    if current and known and known.forgotten:
        return current
    after = decide(request, finding, current, policy, now)
    return replace(after, events=_remembered(request, current, after, now))


def _remembered(
    request: Request, current: Enrolment | None, after: Enrolment, now: datetime
) -> EventHistory:
    history = (current.events if current else None) or EventHistory(_said_of(current), ())
    dropped, replaced = _undone_by(current, after)
    if known := history.find(request.key):
        # An offboarding comes again at the end of a last day, and only then drops what it drops.
        again = replace(
            known, dropped=_joined(known.dropped, dropped), replaced=known.replaced or replaced
        )
        records = tuple(again if one is known else one for one in history.records)
        return replace(history, records=records)
    record = replace(record_of(request, now), dropped=dropped, replaced=replaced)
    return _shortened(replace(history, records=(*history.records, record)), now)


def record_of(request: Request, now: datetime) -> EventRecord:
    """Returns the record of an event that is taken now."""
    return EventRecord(
        key=request.key,
        leaves=request.action is Action.OFFBOARD,
        occurred_at=request.occurred_at,
        taken_at=now,
        source=request.source or "",
        reference=request.cause.reference,
        actor=request.cause.actor,
        day=request.effective_date,
        day_ends=request.day_ends,
        joins_by_day=request.joins_by_day,
    )


def _said_of(current: Enrolment | None) -> Said:
    if current is None:
        return _NOTHING
    exclusion = current.exclusion
    return Said(
        current.event_time,
        current.claim(CauseKind.EVENT),
        exclusion if exclusion and exclusion.reason is Reason.OFFBOARDED else None,
        current.effective_date,
    )


def _undone_by(
    current: Enrolment | None, after: Enrolment
) -> tuple[tuple[Claim, ...], Exclusion | None]:
    """Returns the claims that an event has dropped, and the exclusion that it has replaced."""
    if current is None:
        return (), None
    dropped = tuple(one for one in _others(current.claims) if one not in after.claims)
    before = current.exclusion
    by_operator = before is not None and before.reason is not Reason.OFFBOARDED
    return dropped, before if by_operator and after.exclusion != before else None


def _others(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    return tuple(one for one in claims if one.cause.kind is not CauseKind.EVENT)


def _joined(first: Iterable[Claim], second: Iterable[Claim]) -> tuple[Claim, ...]:
    """Joins claims, one of each kind; the first one of a kind counts."""
    by_kind = {one.cause.kind: one for one in (*second, *first)}
    return tuple(by_kind.values())


def _shortened(history: EventHistory, now: datetime) -> EventHistory:
    while len(history.records) > MOST_RECORDS:
        oldest = min(history.records, key=lambda one: one.occurred_at)
        kept = tuple(one for one in history.records if one is not oldest)
        base = history.base if oldest.forgotten else _after(history.base, oldest, now)
        history = EventHistory(base, kept)
    return history


def said_by(history: EventHistory, now: datetime) -> Said:
    """Returns what all events of a history come to that are not forgotten."""
    said = history.base
    for record in _in_order(history.records):
        if not record.forgotten:
            said = _after(said, record, now)
    return said


def _in_order(records: Sequence[EventRecord]) -> Sequence[EventRecord]:
    return sorted(records, key=lambda one: one.occurred_at)


def _after(said: Said, record: EventRecord, now: datetime) -> Said:
    """Returns what has been said after one more event, in the order in which events happened."""
    claim = Claim(Cause(CauseKind.EVENT, record.reference, record.actor))
    if record.occurred_at < said.event_time:
        leaves = said.exclusion is not None and said.exclusion.is_ahead(record.taken_at)
        # Who joins before a last day that is ahead is wanted until then.
        return replace(said, claim=claim) if leaves and not record.leaves else said
    if record.leaves:
        begins = _leaves_later(record)
        ahead = begins is not None and now < begins
        exclusion = Exclusion(
            Reason.OFFBOARDED, record.actor, record.reference, begins=begins if ahead else None
        )
        return Said(record.occurred_at, said.claim if ahead else None, exclusion, said.day)
    lifted = said.exclusion is not None and lifts_leaving(
        said.exclusion,
        said.event_time,
        occurred_at=record.occurred_at,
        day=record.day,
        joins_by_day=record.joins_by_day,
        now=record.taken_at,
    )
    exclusion_left = None if lifted else said.exclusion
    return Said(record.occurred_at, claim, exclusion_left, record.day or said.day)


def _leaves_later(record: EventRecord) -> datetime | None:
    """Returns the end of a last day that had not begun when the event was taken."""
    if record.day is None or record.day <= record.taken_at:
        return None
    return record.day_ends or record.day + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A person without what some events said."""

    enrolment: Enrolment
    """Where they were: only what wants them in and keeps them out has changed."""
    events: tuple[EventRecord, ...]
    """Those that are forgotten now and were not before."""
    counted: bool
    """Whether one of them counted: otherwise a newer event says the same, or more."""
    older: bool
    """Whether what they said was read out of the person's steps, which know less."""


def unsay(current: Enrolment, chosen: Choose, now: datetime) -> Unsaid:
    """Takes back what the chosen events said of the person; doing so again changes nothing."""
    history = _whole_history(current)
    forgotten = tuple(one for one in history.records if not one.forgotten and chosen(one))
    if not forgotten:
        return Unsaid(current, (), counted=False, older=False)
    keys = {one.key for one in forgotten}
    marked = EventHistory(
        history.base,
        tuple(replace(one, forgotten=True) if one.key in keys else one for one in history.records),
    )
    older = any(current.events is None or current.events.find(key) is None for key in keys)
    change = _Change(said_by(history, now), said_by(marked, now), forgotten, now)
    unsaid = _saying(current, change, marked)
    counted = (unsaid.claims, unsaid.exclusion) != (current.claims, current.exclusion)
    return Unsaid(unsaid, forgotten, counted=counted, older=older)


def events_of(current: Enrolment) -> Sequence[EventRecord]:
    """Returns the events that are known of a person, older ones as far as their steps tell."""
    return _whole_history(current).records


def _whole_history(current: Enrolment) -> EventHistory:
    """Returns the history with the events in it that came before histories were kept."""
    history = current.events or EventHistory(_said_of(current), ())
    if history.base == _NOTHING:
        return history
    known = {one.key for one in history.records}
    older = older_records(current, history.base, known)
    return EventHistory(_NOTHING, (*older, *history.records)) if older else history


@dataclass(frozen=True, slots=True)
class _Change:
    """What events said before some were forgotten, and after it."""

    before: Said
    after: Said
    forgotten: tuple[EventRecord, ...]
    now: datetime


def _saying(current: Enrolment, change: _Change, marked: EventHistory) -> Enrolment:
    """Returns the person with what is said now, where no operator has said otherwise since."""
    before, after, now = change.before, change.after, change.now
    exclusion = current.exclusion
    if before.exclusion != after.exclusion and not _overruled(current, before, now):
        exclusion = after.exclusion or _replaced(change.forgotten)
    claims = current.claims
    if before.claim != after.claim:
        claims = (*_others(claims), after.claim) if after.claim else _others(claims)
    dropped = tuple(claim for one in change.forgotten for claim in one.dropped)
    keeps_out = after.exclusion is not None and after.exclusion.holds(now)
    if keeps_out and exclusion is not None and exclusion.reason is Reason.OFFBOARDED:
        marked = _handed_on(marked, (*_others(claims), *dropped))
        claims = ()
    else:
        there = {one.cause.kind for one in claims}
        claims = (*claims, *(one for one in _joined(dropped, ()) if one.cause.kind not in there))
    event_time = after.event_time if before.event_time != after.event_time else current.event_time
    return replace(
        current,
        claims=claims,
        exclusion=exclusion,
        event_time=event_time,
        effective_date=after.day if before.day != after.day else current.effective_date,
        events=marked,
    )


def _overruled(current: Enrolment, before: Said, now: datetime) -> bool:
    """Tells whether an operator has spoken since, so that what events said of leaving is over."""
    exclusion, included = current.exclusion, current.claim(CauseKind.OVERRIDE)
    if exclusion is not None:
        return exclusion.reason is not Reason.OFFBOARDED
    return before.exclusion is not None or (included is not None and not included.is_over(now))


def _replaced(forgotten: Sequence[EventRecord]) -> Exclusion | None:
    return next((one.replaced for one in forgotten if one.replaced), None)


def _handed_on(history: EventHistory, dropped: tuple[Claim, ...]) -> EventHistory:
    """Has the leaving that counts now drop what the person had, to give it back one day."""
    leaving = [one for one in _in_order(history.records) if one.leaves and not one.forgotten]
    if not leaving or not dropped:
        return history
    heir = replace(leaving[-1], dropped=_joined(leaving[-1].dropped, dropped))
    return replace(
        history, records=tuple(heir if one.key == heir.key else one for one in history.records)
    )


def merged_histories(known: EventHistory | None, other: EventHistory | None) -> EventHistory | None:
    """Joins the histories of one person who was remembered under two keys."""
    if known is None or other is None:
        return known or other
    records = {one.key: one for one in known.records}
    for one in other.records:
        mine = records.get(one.key)
        records[one.key] = replace(mine, forgotten=mine.forgotten or one.forgotten) if mine else one
    base = max(known.base, other.base, key=lambda one: one.event_time)
    in_order = tuple(sorted(records.values(), key=lambda one: one.taken_at))
    return _shortened(EventHistory(base, in_order), in_order[-1].taken_at)
