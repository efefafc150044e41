"""Microsoft Graph's events by Event Grid: that a user has come to be, or has changed.

Everybody who changes sends one, so that it enrols nobody: it has those looked at who wait.
Source: "Microsoft Entra events", Azure Event Grid; a user's creation is told as an update.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.contracts.api.hr_answers import Handshake
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Action
from shared.hr.kind import HrKind
from shared.hr.sent_part import SentPart
from shared.hr.translation import (
    Event,
    LeftAlone,
    RefusedRecord,
    SentEvent,
    Translated,
    event_of,
    identity,
    object_of,
    part_of,
    written,
)

_UPDATED, _DELETED = "Microsoft.Graph.UserUpdated", "Microsoft.Graph.UserDeleted"
_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_LEFT_ALONE = {_DELETED: "the next reconciliation deals with whoever is no longer in Entra"}
_USERS = "users/"


def validation_code(value: Any) -> str | None:
    """Returns what Event Grid wants to hear back when a subscription in its own schema is made.

    Returns None if the message is no such question. Source: "Endpoint validation with Event Grid
    event schema", Azure Event Grid.
    """
    first = value[0] if isinstance(value, list) and len(value) == 1 else value
    if _kind(first).value != _VALIDATION:
        return None
    return part_of(first, "data", "validationCode").required


def translate(source: Source, value: Any, _now: datetime) -> Translated:
    """Returns the events of a body: one, or a batch in which each stands by itself.

    Raises:
        InvalidMessage: the body is one event that cannot be taken; naming the field and the reason.
    """
    if not isinstance(value, list):
        return _sorted([_one(source, value)])
    outcomes: list[Event | LeftAlone | RefusedRecord] = []
    for number, one in enumerate(value):
        try:
            outcomes.append(_at(number, _one(source, one)))
        except InvalidMessage as error:
            field = f"[{number}].{error.field}"
            outcomes.append(RefusedRecord(number, field, error.reason, written(one)))
    return _sorted(outcomes)


def receive(source: Source, value: Any, now: datetime) -> Translated:
    """Does the same as `translate`, or returns the word Event Grid wants before it sends events.

    Raises:
        InvalidMessage: naming the field and the reason.
    """
    code = validation_code(value)
    return translate(source, value, now) if code is None else Translated(answer=Handshake(code))


def _at(number: int, outcome: Event | LeftAlone) -> Event | LeftAlone:
    if isinstance(outcome, LeftAlone):
        return LeftAlone(f"[{number}].{outcome.field}", outcome.reason)
    return outcome


def _sorted(found: Sequence[Event | LeftAlone | RefusedRecord]) -> Translated:
    return Translated(
        events=tuple(one for one in found if isinstance(one, Mapping)),
        left_alone=tuple(one for one in found if isinstance(one, LeftAlone)),
        refused=tuple(one for one in found if isinstance(one, RefusedRecord)),
    )


def _one(source: Source, value: Any) -> Event | LeftAlone:
    event = object_of(value, "(event)")
    kind = _kind(event)
    if kind.required != _UPDATED:
        return LeftAlone(kind.field, _LEFT_ALONE.get(kind.required, "is no event about a user"))
    return event_of(source, _asked(event))


def _asked(event: Any) -> SentEvent:
    time = part_of(event, "time") if "time" in event else part_of(event, "eventTime")
    return SentEvent(
        action=Action.LOOK_AGAIN,
        event_id=identity(part_of(event, "id").required),
        object_id=_user(event),
        time=time,
        reason=_UPDATED,
    )


def _kind(event: Any) -> SentPart:
    """Returns the event's type, which CloudEvents and Event Grid's own schema call differently."""
    kind = part_of(event, "type")
    return kind if kind.value is not None else part_of(event, "eventType")


def _user(event: Any) -> SentPart:
    found = part_of(event, "data", "resourceData", "id")
    if found.value is not None:
        return found
    subject = part_of(event, "subject")
    text = subject.required
    if not text.lower().startswith(_USERS):
        raise InvalidMessage(found.field, "is missing")
    return SentPart(subject.field, text[len(_USERS) :])


KIND = HrKind(
    name="event-grid",
    sends="Microsoft Graph's events about users by [Event Grid](#event-grid), which signs nothing",
    proofs=frozenset({Authentication.KEY, Authentication.ENTRA}),
    tells_numbers=False,
    enrols=False,
    translate=translate,
    receive=receive,
    asks_first=True,
    reads_cloud_events=lambda _: True,
)
