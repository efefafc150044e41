"""Anything else: its fields are told by a mapping of JMESPath expressions.

A record that cannot be taken is refused by itself; those beside it are taken.
"""

import re
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.contracts.documents.hr_sources.vocabulary import Authentication, EventMeaning, Source
from shared.domain.errors import InvalidMessage, TooLarge
from shared.domain.person.request import Action
from shared.hr.dates import day_of, moment_of
from shared.hr.evaluation import BODY, Evaluations
from shared.hr.kind import HrKind
from shared.hr.mapping import (
    Keys,
    Mapping,
    joining_can_be_told,
    points_at_somebody,
    words_differ,
)
from shared.hr.meaning import what_is_meant, zone_of
from shared.hr.records import Record, records_of
from shared.hr.sent_part import SentPart
from shared.hr.translation import (
    Event,
    LeftAlone,
    RefusedRecord,
    SentEvent,
    Translated,
    day_written,
    event_of,
    identity,
    key_of,
    named_by_minute,
)

__all__ = ["KIND", "Keys", "Mapping", "translate"]

type Outcome = Event | LeftAlone | RefusedRecord


def translate(source: Source, value: Any, now: datetime) -> Translated:
    """Returns what the mapping finds in a body; in a list each record stands by itself.

    Raises:
        InvalidMessage: the body is one record that cannot be taken, or is none; naming the
            expression, which names the sender's field, and the reason.
        TooLarge: it has too many records.
    """
    mapping = source.own(Keys).mapping
    if mapping is None:
        raise AssertionError("a mapped source has a mapping; its rules see to it")
    evaluations = Evaluations(value)

    def found_in(record: Record) -> _Found:
        surrounded = {**record.inside, BODY: value}
        return _Found(source, mapping, surrounded, evaluations, now)

    records = records_of(value, mapping.events, evaluations)
    if records is None:
        reason = "the expression gives nothing of what was sent"
        place = ", ".join(mapping.events or ["(body)"])
        return Translated(left_alone=(LeftAlone(place, reason),))
    if isinstance(records, Record):
        return _sorted([_outcome(found_in(records), named_by_minute(records.content, now))])
    outcomes: list[Outcome] = []
    for number, record in enumerate(records):
        try:
            found = found_in(record)
            unnamed = named_by_minute(record.content, now)
            outcomes.append(_at(number, _outcome(found, unnamed)))
        except TooLarge:
            raise
        except InvalidMessage as error:
            outcomes.append(_refused(number, record, error))
    return _sorted(_without_namesakes(mapping, records, outcomes))


def _sorted(outcomes: Sequence[Outcome]) -> Translated:
    return Translated(
        events=tuple(one for one in outcomes if isinstance(one, AnyMapping)),
        left_alone=tuple(one for one in outcomes if isinstance(one, LeftAlone)),
        refused=tuple(one for one in outcomes if isinstance(one, RefusedRecord)),
    )


def _at(number: int, outcome: Event | LeftAlone) -> Event | LeftAlone:
    if isinstance(outcome, LeftAlone):
        return LeftAlone(f"[{number}].{outcome.field}", outcome.reason)
    return outcome


def _refused(number: int, record: Record, error: InvalidMessage) -> RefusedRecord:
    return RefusedRecord(number, f"[{number}].{error.field}", error.reason, record.text)


def _without_namesakes(
    mapping: Mapping, records: Sequence[Record], outcomes: Sequence[Outcome]
) -> Sequence[Outcome]:
    """Refuses of different events with the same id all but the first.

    Of events that are called the same, the broker would drop them without a word.
    """
    first: dict[str, tuple[int, Event]] = {}
    kept: list[Outcome] = []
    for number, outcome in enumerate(outcomes):
        if not isinstance(outcome, AnyMapping):
            kept.append(outcome)
            continue
        earlier, same = first.setdefault(key_of(outcome), (number, outcome))
        if same == outcome:
            kept.append(outcome)
            continue
        reason = f"is also that of [{earlier}], which is another event; choose another `id`"
        error = InvalidMessage(mapping.id or "(record)", reason)
        kept.append(_refused(number, records[number], error))
    return kept


def _outcome(found: "_Found", unnamed: str) -> Event | LeftAlone:
    mapping = found.mapping
    if mapping.when is not None and not found.said(mapping.when).value:
        return LeftAlone(mapping.when, "is not true of it")
    told = _action(mapping, found.said(mapping.action)) if mapping.action else None
    if isinstance(told, LeftAlone):
        return told
    return event_of(found.source, _asked(told, found, unnamed))


@dataclass(frozen=True, slots=True)
class _Found:
    """What expressions find in one event."""

    source: Source
    mapping: Mapping
    value: Any
    evaluations: Evaluations
    now: datetime

    def said(self, expression: str) -> SentPart:
        return SentPart(expression, self.evaluations.of(expression, self.value))

    def perhaps(self, expression: str | None) -> SentPart | None:
        """What is there; a word of the sender's for nothing is nothing."""
        if not expression:
            return None
        found = self.said(expression)
        return SentPart(found.field, None) if self._is_nothing(found.value) else found

    def _is_nothing(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return False
        text, nothing = str(value).strip(), self.mapping.none
        # 0001-01-01T00:00:00 is no day either.
        return not text or text in nothing or text.partition("T")[0] in nothing


def _action(mapping: Mapping, said: SentPart) -> Action | LeftAlone:
    word = _word(said)
    if mapping.actions is not None:
        meanings = {_folded(name): meant for name, meant in mapping.actions.items()}
        meant = meanings.get(word)
        return Action(meant) if meant else LeftAlone(said.field, "is none of the mapping's actions")
    if word not in set(EventMeaning):
        raise InvalidMessage(said.field, "gives none of onboard, offboard, list; write `actions`")
    return Action(word)


def _word(said: SentPart) -> str:
    """Returns the sender's word; true and false are keys of `actions` like any other."""
    return _folded(str(said.value) if isinstance(said.value, bool) else said.required)


def _folded(word: str) -> str:
    return word.strip().casefold()


def _asked(told: Action | None, found: _Found, unnamed: str) -> SentEvent:
    mapping = found.mapping
    reason, time = found.perhaps(mapping.reason), found.perhaps(mapping.time)
    day, zone = _day(found)
    action = what_is_meant(told, day_written(day), found.source, zone, found.now)
    name = found.said(mapping.id).required if mapping.id else unnamed
    return SentEvent(
        action=action,
        event_id=identity(name, action),
        object_id=found.perhaps(mapping.object_id),
        user_principal_name=found.perhaps(mapping.user_principal_name),
        employee_id=found.perhaps(mapping.employee_id),
        effective_date=day,
        time_zone=zone,
        joins_by_day=told is None,
        time=moment_of(time, mapping.times) if time else None,
        reason=reason.text if reason else None,
    )


def _day(found: _Found) -> tuple[SentPart | None, str | None]:
    """Returns the first or last day, and the zone of the place where it begins and ends."""
    mapping = found.mapping
    date = found.perhaps(mapping.effective_date)
    if date is None or date.value in (None, ""):
        return date, None
    country = found.perhaps(mapping.country)
    zone = zone_of(found.source, found.perhaps(mapping.time_zone), [country])
    return day_of(date, mapping.dates, zone), zone


def _is_of_events(source: Source) -> bool:
    """Tells whether the mapping looks at an event's type, and into its data.

    A body that is all there is may have somebody's number as its `id`; in an event that is its own.
    Whoever does not look at the type takes every event for one and the same.
    """
    mapping = source.own(Keys).mapping
    if mapping is None:
        return False
    kind, all_of_it = f"{mapping.action} {mapping.when}", mapping.model_dump_json(exclude_none=True)
    return bool(re.search(r"\btype\b", kind) and re.search(r"\bdata\b", all_of_it))


KIND = HrKind(
    name="mapped",
    words="anything else that `mapping` describes: mapped",
    sends="[anything else](#anything-else), described by JMESPath expressions",
    proofs=frozenset(Authentication),
    keys=Keys,
    required={"mapping": "say in `mapping` where in its messages stands what"},
    told_by_document=True,
    tells_days=True,
    rules=(points_at_somebody, joining_can_be_told, words_differ),
    reads_cloud_events=_is_of_events,
    translate=translate,
    asks_first=True,
)
