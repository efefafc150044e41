"""What events have said of a person, in the order in which they happened."""

from collections.abc import Sequence
from dataclasses import replace
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
from shared.domain.person.reasons import Reason

NOTHING = Said(NO_EVENT)


def said_of(current: Enrolment | None) -> Said:
    """Returns what events have said of a person of whom they are not remembered one by one."""
    if current is None:
        return NOTHING
    return Said(
        current.event_time,
        current.claim(CauseKind.EVENT),
        current.leaving,
        current.effective_date,
    )


def said_by(history: EventHistory, now: datetime) -> Said:
    """Returns what all events of a history come to that are not forgotten."""
    said = history.base
    for record in in_order(history.records):
        if not record.forgotten:
            said = after_event(said, record, now)
    return said


def in_order(records: Sequence[EventRecord]) -> Sequence[EventRecord]:
    """Returns the events in the order in which they happened."""
    return sorted(records, key=lambda one: one.occurred_at)


def after_event(said: Said, record: EventRecord, now: datetime) -> Said:
    """Returns what has been said after one more event, in the order in which events happened."""
    claim = Claim(Cause(CauseKind.EVENT, record.reference, record.actor))
    if record.occurred_at < said.event_time:
        leaves = said.exclusion is not None and said.exclusion.is_ahead(record.taken_at)
        # Who joins before a last day that is ahead is wanted until then.
        return replace(said, claim=claim) if leaves and not record.leaves else said
    if record.leaves:
        begins = leaves_later(record)
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


def leaves_later(record: EventRecord) -> datetime | None:
    """Returns, of a leaver, the end of a last day that had not begun when the event was taken."""
    if record.day is None or record.day <= record.taken_at:
        return None
    return record.day_ends or record.day + timedelta(days=1)
