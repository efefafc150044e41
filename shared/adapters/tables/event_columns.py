"""The events of a person as text of a column, and back."""

import json
from collections.abc import Sequence
from typing import Any

from shared.adapters.tables.claim_columns import (
    claims_of,
    claims_text,
    compact,
    exclusion_of,
    exclusion_text,
    moment_of,
    moment_text,
)
from shared.domain.person.enrolment import EventHistory, EventRecord, Said


def events_text(history: EventHistory) -> str:
    """Writes what had been said before, and each event; what has nothing to say is left out."""
    return compact([_said_fields(history.base), *map(_record_fields, history.records)])


def events_of(text: str | None) -> EventHistory | None:
    """Reads the events; a row has none of before they were kept."""
    if text is None:
        return None
    base, *records = json.loads(text)
    return EventHistory(_said_of(base), tuple(map(_record_of, records)))


def _said_fields(said: Said) -> list[Any]:
    claims = claims_text([said.claim]) if said.claim else None
    exclusion = exclusion_text(said.exclusion) if said.exclusion else None
    return _short([moment_text(said.event_time), claims, exclusion, moment_text(said.day)])


def _said_of(fields: Sequence[Any]) -> Said:
    event_time, claims, exclusion, day = _padded(fields, 4)
    claim = claims_of(claims)[0] if claims else None
    moment = moment_of(event_time)
    if moment is None:
        raise ValueError("Events: the time before them is missing")
    return Said(moment, claim, exclusion_of(exclusion), moment_of(day))


def _record_fields(record: EventRecord) -> list[Any]:
    return _short(
        [
            record.key,
            int(record.leaves),
            moment_text(record.occurred_at),
            moment_text(record.taken_at) if record.taken_at != record.occurred_at else None,
            record.source or None,
            record.reference if record.reference != record.key else None,
            record.actor,
            moment_text(record.day),
            moment_text(record.day_ends),
            int(record.joins_by_day) or None,
            claims_text(record.dropped) if record.dropped else None,
            exclusion_text(record.replaced) if record.replaced else None,
            int(record.forgotten) or None,
            int(record.unanswered) or None,
        ]
    )


def _record_of(fields: Sequence[Any]) -> EventRecord:
    (
        key,
        leaves,
        occurred,
        taken,
        source,
        reference,
        actor,
        day,
        day_ends,
        joins_by_day,
        dropped,
        replaced,
        forgotten,
        unanswered,
    ) = _padded(fields, 14)
    occurred_at = moment_of(occurred)
    if occurred_at is None:
        raise ValueError("Events: an event's time is missing")
    return EventRecord(
        key=key,
        leaves=bool(leaves),
        occurred_at=occurred_at,
        taken_at=moment_of(taken) or occurred_at,
        source=source or "",
        reference=reference or key,
        actor=actor,
        day=moment_of(day),
        day_ends=moment_of(day_ends),
        joins_by_day=bool(joins_by_day),
        dropped=claims_of(dropped) if dropped else (),
        replaced=exclusion_of(replaced),
        forgotten=bool(forgotten),
        unanswered=bool(unanswered),
    )


def _short(fields: list[Any]) -> list[Any]:
    """Leaves out what is None at the end."""
    while fields and fields[-1] is None:
        fields.pop()
    return fields


def _padded(fields: Sequence[Any], length: int) -> list[Any]:
    return [*fields, *[None] * (length - len(fields))][:length]
