"""Anything else: its fields are told by a mapping of JMESPath expressions."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as AnyMapping
from datetime import datetime
from typing import Any

from pydantic import Field

from shared.contracts.documents.finding import Complaint, Path
from shared.contracts.documents.hr_sources.expression import Expression, evaluated
from shared.contracts.documents.hr_sources.vocabulary import Authentication, EventMeaning, Source
from shared.contracts.documents.node import Node
from shared.contracts.documents.part import Part, unless_left_out
from shared.domain.errors import InvalidMessage, TooLarge
from shared.domain.person.request import Action
from shared.hr.kind import HrKind
from shared.hr.translation import (
    Event,
    LeftAlone,
    SentEvent,
    SentPart,
    Translated,
    by_content,
    event_of,
    identity,
    key_of,
)

MOST_EVENTS = 1_000
_BODY = "_body"
_PEOPLE = ("userPrincipalName", "employeeId", "objectId")


class Mapping(Part):
    """Where in a message stands what; every value is a JMESPath expression."""

    events: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The list of events in the body; by default the body is one event. The other "
        "expressions are about one of them, in which _body is the whole body.",
    )
    when: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="Events of which this is not true are left alone.",
    )
    action: Expression = Field(
        "'onboard'", description="onboard or offboard, or with `actions` one of its keys."
    )
    actions: dict[str, EventMeaning] | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What the sender's words for it mean: onboard or offboard. Others are left "
        "alone.",
    )
    user_principal_name: Expression | None = Field(
        None, json_schema_extra=unless_left_out, description="The person's UPN in Entra."
    )
    employee_id: Expression | None = Field(
        None, json_schema_extra=unless_left_out, description="The person's employeeId in Entra."
    )
    object_id: Expression | None = Field(
        None, json_schema_extra=unless_left_out, description="The person's object id in Entra."
    )
    effective_date: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="The first or last day: a date, a time of which the date counts, or "
        "/Date(milliseconds)/.",
    )
    id: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="What tells one event from the next, the same when it is sent again; by "
        "default all of the event.",
    )
    time: Expression | None = Field(
        None,
        json_schema_extra=unless_left_out,
        description="When it happened, with its zone; by default when it came.",
    )
    reason: Expression | None = Field(
        None, json_schema_extra=unless_left_out, description="Why, for the record."
    )


class Keys(Part):
    """What is said of a mapped source alone."""

    mapping: Mapping | None = Field(
        None, json_schema_extra=unless_left_out, description="Of mapped: where stands what."
    )


def translate(source: Source, value: Any, now: datetime) -> Translated:
    """Returns the events that the mapping finds in a body.

    Raises:
        InvalidMessage: naming the expression, which names the sender's field, and the reason;
            `[2].…` in the third event. Also where its `id` does not tell two events apart.
    """
    mapping = source.own(Keys).mapping
    if mapping is None:
        raise AssertionError("a mapped source has a mapping; its rules see to it")
    found = value if mapping.events is None else evaluated(mapping.events, value)
    if found is None:
        reason = "the expression gives nothing of what was sent"
        return Translated(left_alone=(LeftAlone(mapping.events or "(body)", reason),))
    events = found if isinstance(found, list) else [found]
    if len(events) > MOST_EVENTS:
        raise TooLarge(mapping.events or "(body)", f"send at most {MOST_EVENTS:,} events at once")
    single = not isinstance(found, list)
    outcomes = [
        _one(source, mapping, one, value, now=now, place="" if single else f"[{number}].")
        for number, one in enumerate(events)
    ]
    _check_ids(mapping, outcomes)
    return Translated(
        events=tuple(one for one in outcomes if not isinstance(one, LeftAlone)),
        left_alone=tuple(one for one in outcomes if isinstance(one, LeftAlone)),
    )


def _check_ids(mapping: Mapping, outcomes: Sequence[Event | LeftAlone]) -> None:
    """Refuses different events with the same id.

    Of events that are called the same, the broker drops all but the first.
    """
    first: dict[str, tuple[int, Event]] = {}
    for number, event in enumerate(outcomes):
        if isinstance(event, LeftAlone):
            continue
        earlier, same = first.setdefault(key_of(event), (number, event))
        if same != event:
            reason = f"is also that of [{earlier}], which is another event; choose another `id`"
            raise InvalidMessage(f"[{number}].{mapping.id}", reason)


def _one(
    source: Source, mapping: Mapping, value: Any, body: Any, *, now: datetime, place: str
) -> Event | LeftAlone:
    if not isinstance(value, AnyMapping):
        raise InvalidMessage(f"{place}(event)", "write an object")
    try:
        found = _Found({**value, _BODY: body})
        if mapping.when is not None and not found.said(mapping.when).value:
            return LeftAlone(f"{place}{mapping.when}", "is not true of it")
        action = _action(mapping, found.said(mapping.action))
        if isinstance(action, LeftAlone):
            return LeftAlone(f"{place}{action.field}", action.reason)
        return event_of(source, _asked(mapping, action, found, by_content(value, now)))
    except InvalidMessage as error:
        raise InvalidMessage(f"{place}{error.field}", error.reason) from None


class _Found:
    """What expressions find in one event."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def said(self, expression: str) -> SentPart:
        return SentPart(expression, evaluated(expression, self._value))

    def perhaps(self, expression: str | None) -> SentPart | None:
        return self.said(expression) if expression else None


def _action(mapping: Mapping, said: SentPart) -> Action | LeftAlone:
    word = _word(said)
    if mapping.actions is not None:
        meant = mapping.actions.get(word)
        return Action(meant) if meant else LeftAlone(said.field, "is none of the mapping's actions")
    if word not in set(EventMeaning):
        raise InvalidMessage(said.field, "gives neither onboard nor offboard; write `actions`")
    return Action(word)


def _word(said: SentPart) -> str:
    """Returns the sender's word; true and false are keys of `actions` like any other."""
    return str(said.value).lower() if isinstance(said.value, bool) else said.required


def _asked(mapping: Mapping, action: Action, found: _Found, unnamed: str) -> SentEvent:
    name = found.said(mapping.id).required if mapping.id else unnamed
    reason = found.perhaps(mapping.reason)
    return SentEvent(
        action=action,
        event_id=identity(name, action),
        object_id=found.perhaps(mapping.object_id),
        user_principal_name=found.perhaps(mapping.user_principal_name),
        employee_id=found.perhaps(mapping.employee_id),
        effective_date=found.perhaps(mapping.effective_date),
        time=found.perhaps(mapping.time),
        reason=reason.text if reason else None,
    )


def _points_at_somebody(path: Path, source: Node) -> Iterator[Complaint]:
    """Complains of a mapping that names nobody: an event about nobody is of no use."""
    mapping = source.child("mapping")
    if mapping is None or not isinstance(mapping.content, dict):
        return
    if not any(key in mapping.keys for key in _PEOPLE):
        yield Complaint((*path, "mapping"), f"say who it is about: {', '.join(_PEOPLE)}")


KIND = HrKind(
    name="mapped",
    words="anything else that `mapping` describes: mapped",
    sends="[anything else](#anything-else), described by JMESPath expressions",
    proofs=frozenset({Authentication.KEY, Authentication.HMAC, Authentication.ENTRA}),
    keys=Keys,
    required={"mapping": "say in `mapping` where in its messages stands what"},
    rules=(_points_at_somebody,),
    translate=translate,
    asks_first=True,
)
