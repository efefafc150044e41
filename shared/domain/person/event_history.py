"""The history of a person's events: remembered one by one, so that each can be forgotten.

An offboarding drops what else wanted the person in, and what an operator had said of them. It is
kept beside it, to be given back, until an operator says something else.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from shared.domain.person.enrolment import (
    CauseKind,
    Claim,
    Enrolment,
    EventHistory,
    EventRecord,
    Exclusion,
)
from shared.domain.person.onboarding import decide
from shared.domain.person.policy import Policy
from shared.domain.person.request import Action, Lookup, Request
from shared.domain.person.said import after_event, in_order, said_by, said_of

MOST_RECORDS = 12
"""Events kept of a person; of those before them it is known what they had come to."""


def take_event(
    request: Request, finding: Lookup, current: Enrolment | None, policy: Policy, now: datetime
) -> Enrolment:
    """Decides the person's enrolment after an event, and remembers the event.

    One that was forgotten does nothing, however often it is delivered; nor does a copy of one that
    has done what it does, if anything was said since.
    """
    known = current.events.find(request.key) if current and current.events else None
    if current and known and not _has_something_to_say(known, current, now):
        return current
    after = decide(request, finding, current, policy, now)
    return with_leaving(replace(after, events=_remembered(request, current, after, now)), now)


def _has_something_to_say(known: EventRecord, current: Enrolment, now: datetime) -> bool:
    """Tells whether an event that was taken before is to be decided on once more.

    That of somebody who joins is, if it is the newest, still wants them, and no operator's word
    counts in its place: whoever could not be enrolled is looked up again. That of a leaver is at
    the end of a last day that was ahead, and only then.
    """
    if known.forgotten:
        return False
    if known.leaves:
        return _takes_effect(known, current, now)
    claim = current.claim(CauseKind.EVENT)
    wants = claim is not None and claim.cause.reference == known.reference
    return wants and _is_newest(known, current.events) and not _has_been_answered(current, now)


def _is_newest(known: EventRecord, history: EventHistory | None) -> bool:
    """Tells whether none that counts happened after it; of one time the last that was taken did."""
    counting = [one for one in history.records if not one.forgotten] if history else []
    return bool(counting) and in_order(counting)[-1].key == known.key


def _has_been_answered(current: Enrolment, now: datetime) -> bool:
    """Tells whether an operator's word counts."""
    word, include = current.word_out, current.claim(CauseKind.OVERRIDE)
    is_out = word is not None and not word.is_over(now)
    return is_out or (include is not None and not include.is_over(now))


def _takes_effect(known: EventRecord, current: Enrolment, now: datetime) -> bool:
    """Tells whether a last day that was ahead is over, and has yet to end what was said before.

    An operator who has kept the person out since it was told of, or has included them since it was
    over, stays heard: the leaving is set aside, and holds as soon as that word no longer does.
    """
    leaving = current.leaving
    if known.occurred_at < current.event_time or leaving is None:
        return False
    if leaving.begins is None or leaving.is_ahead(now):
        return False
    is_set_aside = current.exclusion is not leaving and _has_been_answered(current, now)
    return known.unanswered or not is_set_aside


def with_leaving(current: Enrolment, now: datetime) -> Enrolment:
    """Returns the same person with their leaving, where an operator's word had replaced it.

    Rows of before that was set aside lack it; their events tell.
    """
    if current.word_out is None or current.set_aside is not None or current.events is None:
        return current
    return replace(current, set_aside=said_by(current.events, now).exclusion)


def _remembered(
    request: Request, current: Enrolment | None, after: Enrolment, now: datetime
) -> EventHistory:
    history = (current.events if current else None) or EventHistory(said_of(current), ())
    dropped, replaced = _undone_by(current, after)
    if known := history.find(request.key):
        # An offboarding comes again at the end of a last day, and only then drops what it drops.
        again = replace(
            known,
            dropped=joined_claims(known.dropped, dropped),
            replaced=known.replaced or replaced,
            unanswered=known.unanswered or bool(dropped or replaced),
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
        unanswered=request.action is Action.OFFBOARD,
    )


def answered(history: EventHistory | None) -> EventHistory | None:
    """Returns the history after an operator has spoken: nothing said before by hand comes back."""
    if history is None:
        return None
    return replace(
        history,
        records=tuple(
            replace(
                one,
                dropped=tuple(
                    claim for claim in one.dropped if claim.cause.kind is not CauseKind.OVERRIDE
                ),
                replaced=None,
                unanswered=False,
            )
            for one in history.records
        ),
    )


def _undone_by(
    current: Enrolment | None, after: Enrolment
) -> tuple[tuple[Claim, ...], Exclusion | None]:
    """Returns the claims that an event has dropped, and the exclusion that it has replaced."""
    if current is None:
        return (), None
    dropped = tuple(
        one
        for one in current.claims
        if one.cause.kind is not CauseKind.EVENT and one not in after.claims
    )
    return dropped, current.word_out if after.word_out is None else None


def joined_claims(first: Iterable[Claim], second: Iterable[Claim]) -> tuple[Claim, ...]:
    """Joins claims, one of each kind; the first one of a kind counts."""
    by_kind = {one.cause.kind: one for one in (*second, *first)}
    return tuple(by_kind.values())


def _shortened(history: EventHistory, now: datetime) -> EventHistory:
    while len(history.records) > MOST_RECORDS:
        oldest = min(history.records, key=lambda one: one.occurred_at)
        kept = tuple(one for one in history.records if one is not oldest)
        base = history.base if oldest.forgotten else after_event(history.base, oldest, now)
        history = EventHistory(base, kept)
    return history


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
