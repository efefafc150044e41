"""What every adapter is made of: what was asked in the sender's words, and our own events."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from shared.contracts.api.hr_answers import OwnAnswer
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.onboarding_event import (
    ARRIVED,
    LISTED,
    OFFBOARDED,
    ONBOARDED,
    Envelope,
    PersonCloudEvent,
    event_key,
)
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Action
from shared.hr.employee_ids import employee_id_of
from shared.hr.sent_part import SentPart

_TYPES = {
    Action.ONBOARD: ONBOARDED,
    Action.OFFBOARD: OFFBOARDED,
    Action.LOOK_AGAIN: ARRIVED,
    Action.LIST: LISTED,
}
_LONGEST_ID = 200
_ODATA = re.compile(r"/Date\((-?[0-9]{1,15})([+-][0-9]{4})?\)/")
"""As OData 2 writes a time: milliseconds since 1970."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIELDS = ("objectId", "userPrincipalName", "employeeId")

type Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """Something that was understood, and of which nothing is to come."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record of a message that cannot be taken, and costs the others nothing."""

    index: int | None
    """Its place among the records, from 0; None where the message is one record."""
    field: str
    reason: str
    text: str = dataclasses.field(repr=False)
    """The record as JSON, or as it was sent where it could not be read."""


@dataclass(frozen=True, slots=True)
class Translated:
    """What a message comes to: events, what is left alone, and who wants to be called back."""

    events: tuple[Event, ...] = ()
    left_alone: tuple[LeftAlone, ...] = ()
    refused: tuple[RefusedRecord, ...] = ()
    callbacks: tuple[LifecycleCallback, ...] = ()
    answer: OwnAnswer | None = None
    """What the sender's own protocol wants to hear, where it has one."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys to follow the events by."""
        return tuple(key_of(one) for one in self.events)

    @property
    def listed(self) -> int:
        """How many of the events enrol nobody, because they do not say that anybody joins."""
        return sum(one["type"] == LISTED for one in self.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentEvent:
    """What is asked for a person, in the sender's words."""

    action: Action
    event_id: str
    """What tells the event from others; the same when it is sent again."""
    object_id: SentPart | None = None
    user_principal_name: SentPart | None = None
    employee_id: SentPart | None = None
    effective_date: SentPart | None = None
    time_zone: str | None = None
    """Where that day begins and ends, by its IANA name."""
    joins_by_day: bool = False
    """Whether only their first day says that they join."""
    time: SentPart | None = None
    reason: str | None = None


def part_of(value: Any, *path: str) -> SentPart:
    """Returns the part at the end of the path; its value is None where the path ends too early."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return SentPart(".".join(path), value)


def part_without_case(value: Any, name: str) -> SentPart:
    """Returns the part of that name, whatever its case (RFC 7643, section 2.1)."""
    exact = part_of(value, name)
    if exact.value is not None or not isinstance(value, Mapping):
        return exact
    folded = name.lower()
    return SentPart(name, next((one for key, one in value.items() if key.lower() == folded), None))


def object_of(value: Any, field: str) -> Mapping[str, Any]:
    """Returns the value as an object.

    Raises:
        InvalidMessage: it is none.
    """
    if not isinstance(value, Mapping):
        raise InvalidMessage(field, "write an object")
    return value


def event_of(source: Source, asked: SentEvent) -> Event:
    """Returns the event in our own type.

    Raises:
        InvalidMessage: naming the sender's field.
    """
    number = asked.employee_id
    people = {
        "objectId": asked.object_id,
        "userPrincipalName": asked.user_principal_name,
        "employeeId": number
        and SentPart(number.field, employee_id_of(number, source.employee_ids)),
    }
    data: dict[str, Any] = {name: one.text for name, one in people.items() if one}
    day = day_written(asked.effective_date)
    data |= {
        "effectiveDate": day,
        "timeZone": asked.time_zone if day else None,
        "joinsByDay": (asked.joins_by_day and asked.action is Action.ONBOARD) or None,
        "reason": asked.reason[:500] if asked.reason else None,
        "actor": f"hr/{source.name}",
    }
    event = {
        "specversion": "1.0",
        "id": asked.event_id,
        "source": f"hr/{source.name}",
        "type": _TYPES[asked.action],
        "time": _moment(asked.time),
        "data": _known(data),
    }
    spoken = {**people, "effectiveDate": asked.effective_date, "time": asked.time}
    return _checked(_known(event), {name: one.field for name, one in spoken.items() if one})


def key_of(event: Event) -> str:
    """Returns the key to follow an event by."""
    return event_key(event, Envelope())


def identity(*parts: str) -> str:
    """Joins these parts to one text that is short enough to be an event's id."""
    text = "/".join(parts)
    return text if len(text) <= _LONGEST_ID and text.isprintable() else digest(list(parts))


def by_content(value: Any, now: datetime) -> str:
    """Makes the id of an event its sender calls nothing: its content and the minute it came in.

    So a copy that a retry brings at once is the same event, and the same words some minutes later
    are another: whoever left, came back and left again has left.
    """
    return named_by_minute(digest(value), now)


def named_by_minute(content: str, now: datetime) -> str:
    """Makes the same id of a content's digest."""
    return f"{now:%Y-%m-%dT%H:%M}/{content}"


def digest(value: Any) -> str:
    """Returns what tells one JSON value from others, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def written(value: Any) -> str:
    """Returns the JSON text of a value, to be kept; half characters stay escapes."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, default=str)
    return text


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _checked(event: Event, fields: Mapping[str, str]) -> Event:
    try:
        PersonCloudEvent.read_object(event)
    except InvalidMessage as error:
        name = error.field.rpartition(".")[2]
        if name in fields:
            raise InvalidMessage(fields[name], error.reason) from None
        # The event as a whole: nobody is named, or an object id is none.
        asked = [fields[one] for one in _FIELDS if one in fields]
        if "objectId is not a GUID" in error.reason:
            raise InvalidMessage(fields["objectId"], "is no object id") from None
        if name == "data" and asked:
            raise InvalidMessage(" or ".join(asked), "says of nobody who it is") from None
        raise
    return event


def day_written(said: SentPart | None) -> str | None:
    """Returns the date; of a moment the date that is written there, whatever its zone.

    Raises:
        InvalidMessage: no calendar has it, or it is written otherwise.
    """
    text = said.text if said else None
    if said is None or text is None:
        return None
    if _DAY.match(text):
        return _of_the_calendar(said, text[:10])
    return _odata(said, text).date().isoformat()


def _of_the_calendar(said: SentPart, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InvalidMessage(said.field, "no calendar has this day") from None


def _moment(said: SentPart | None) -> str | None:
    text = said.text if said else None
    if said is None or text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _odata(said, text)
    if moment.tzinfo is None:
        raise InvalidMessage(said.field, "write a time with its zone, such as …T08:00:00Z")
    return moment.isoformat()


def _odata(said: SentPart, text: str) -> datetime:
    found = _ODATA.fullmatch(text)
    if found is None:
        raise InvalidMessage(said.field, "write a date such as 2026-09-01")
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))
    except OverflowError:
        raise InvalidMessage(said.field, "no calendar has this day") from None
