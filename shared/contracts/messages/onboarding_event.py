"""The onboarding event: a CloudEvent of our own type, or plain JSON put on the queue by hand."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, TypeGuard

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from shared.contracts.messages.contract import Contract, Moment, Name, Text, json_value
from shared.domain.errors import InvalidMessage
from shared.domain.person.enrolment import Cause, CauseKind
from shared.domain.person.people import Identifier, IdentifierKind, is_object_id
from shared.domain.person.request import Action, Request
from shared.domain.time_zones import day_begins, day_ends, known_zones

ONBOARDED = "io.sspr-rollout.person.onboarded.v1"
OFFBOARDED = "io.sspr-rollout.person.offboarded.v1"
_KEY_LENGTH = 32
_LONGEST_TYPE = 100
ARRIVED = "io.sspr-rollout.person.arrived.v1"
"""Somebody has come to be, or has changed, in a directory: whoever waits for them is looked at."""
LISTED = "io.sspr-rollout.person.listed.v1"
"""Somebody is listed, or changed, by a sender who does not say that they join."""
_ACTIONS = {
    ONBOARDED: Action.ONBOARD,
    OFFBOARDED: Action.OFFBOARD,
    ARRIVED: Action.LOOK_AGAIN,
    LISTED: Action.LIST,
}
_DIFFERS = frozenset("ßς\u200c\u200d")
"""What IDNA of 2003 and of 2008 read differently. Source: UTS 46, "Deviations"."""


def _domain_as_entra_has_it(value: Any) -> Any:
    """Returns a UPN with its domain in ASCII, as names in DNS and in Entra are: `xn--…`.

    Source: RFC 5890; the allowed characters of "userPrincipalName", Microsoft Graph.
    """
    if not isinstance(value, str) or value.isascii() or "@" not in value:
        return value
    local, _, domain = value.strip().rpartition("@")
    if _DIFFERS & set(domain):
        # By one edition of the standard ß is ss, by the other a letter: two different domains.
        raise ValueError("the domain can be written in two ways; write it as Entra has it, xn--…")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise ValueError("no domain is called so") from None


def _is_time_zone(text: str) -> str:
    if text in known_zones():
        return text
    raise ValueError("no time zone is called so; write an IANA name such as Europe/Berlin")


# Entra: at most 64 characters before the @ and 48 behind; letters, digits and ' . - _ ! # ^ ~.
UserPrincipalName = Annotated[
    str,
    BeforeValidator(_domain_as_entra_has_it),
    StringConstraints(
        strip_whitespace=True,
        max_length=113,
        pattern=r"^[A-Za-z0-9'._!#^~\-]{1,64}@[A-Za-z0-9.\-]+$",
    ),
]
# Entra: at most 16 characters. What means something in an LDAP filter has no place in one.
EmployeeId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=16, pattern=r"^[A-Za-z0-9._/ \-]+$"),
]
# Beyond these a date is a slip of the pen, and storage knows no year before 1601.
_EARLIEST, _LATEST = date(1970, 1, 1), date(2199, 12, 31)
ZoneName = Annotated[str, StringConstraints(max_length=64), AfterValidator(_is_time_zone)]
ObjectId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=36, max_length=36)]


class PersonEvent(Contract):
    """Who comes or leaves, and when; one of the three names of a person is enough."""

    user_principal_name: UserPrincipalName | None = None
    employee_id: EmployeeId | None = None
    object_id: ObjectId | None = None
    effective_date: Annotated[date, Field(ge=_EARLIEST, le=_LATEST)] | None = None
    """The first or last day; in the future, the person waits for it."""
    time_zone: ZoneName | None = None
    """Where that day begins and ends, by its IANA name; else where the rollout's calendar is."""
    reason: Text | None = None
    actor: Text | None = None

    @model_validator(mode="after")
    def _points_at_somebody(self) -> Self:
        if not (self.user_principal_name or self.employee_id or self.object_id):
            raise ValueError("give userPrincipalName, employeeId or objectId")
        if self.object_id and not is_object_id(self.object_id):
            raise ValueError("objectId is not a GUID")
        return self

    @property
    def identifier(self) -> Identifier:
        """The most exact of the names given."""
        if self.object_id:
            return Identifier(IdentifierKind.OBJECT_ID, self.object_id)
        if self.user_principal_name:
            return Identifier(IdentifierKind.USER_PRINCIPAL_NAME, self.user_principal_name)
        return Identifier(IdentifierKind.EMPLOYEE_ID, self.employee_id or "")

    @property
    def also(self) -> Identifier | None:
        """The employee id, where a more exact name is given beside it."""
        if self.employee_id and (self.object_id or self.user_principal_name):
            return Identifier(IdentifierKind.EMPLOYEE_ID, self.employee_id)
        return None


class SentPersonEvent(PersonEvent):
    """The same as an adapter of an HR system has understood it."""

    joins_by_day: bool = False
    """Of somebody who joins: whether only their first day says so. It brings no leaver back who
    left on that day or later."""


class PlainEvent(PersonEvent):
    """What an operator types: a name is enough."""

    action: Literal["onboard", "offboard"] = "onboard"


class PersonCloudEvent(Contract):
    """CloudEvents 1.0; extension attributes are allowed and ignored.

    Source: the specification requires `specversion`, `id`, `source` and `type`; `source` with
    `id` tells an event from its duplicates.
    """

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )

    specversion: Literal["1.0"]
    id: Name
    source: Name
    type: Literal[
        "io.sspr-rollout.person.onboarded.v1",
        "io.sspr-rollout.person.offboarded.v1",
        "io.sspr-rollout.person.arrived.v1",
        "io.sspr-rollout.person.listed.v1",
    ]
    time: Moment | None = None
    data: SentPersonEvent

    def counts_from(self, time_zone: str) -> datetime | None:
        """When who joins is in, and who leaves is out, if that day is one of this zone."""
        day = self.data.effective_date
        if day is None:
            return None
        return (day_ends if self.type == OFFBOARDED else day_begins)(day, time_zone)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the transport knows of a message besides its body.

    Not its message id: the Functions host drops empty strings from a batch's arrays, so that an
    id may stand at another message's place. Sequence numbers are never empty.
    """

    sequence_number: int | None = None
    enqueued_at: datetime | None = None
    index: int | None = None
    """Which event of the list that the message holds; None where it holds one event."""


def read_request(
    body: bytes | str, envelope: Envelope, now: datetime, time_zone: str = "UTC"
) -> Request:
    """The request that a queue message makes; days that say no zone are those of `time_zone`.

    Raises:
        InvalidMessage: naming the field and the reason.
    """
    return read_request_object(decode(body), envelope, now, time_zone)


def read_request_object(
    value: Any, envelope: Envelope, now: datetime, time_zone: str = "UTC"
) -> Request:
    """The same for a JSON value that has been decoded already."""
    # The broker's clock, or one that a sender claims, may be ahead of ours as well.
    happened = min(envelope.enqueued_at or now, now)
    if isinstance(value, Mapping) and "specversion" in value:
        event = _read_cloud_event(value)
        # A sender's clock may be ahead; an event of the future would outdate all that follow.
        occurred = min(event.time or happened, happened)
        key = event_key(value, envelope)
        asked = _request(event.data, _ACTIONS[event.type], key, occurred, time_zone)
        return replace(asked, source=event.source, joins_by_day=event.data.joins_by_day)
    plain = PlainEvent.read_object(value)
    return _request(plain, Action(plain.action), event_key(value, envelope), happened, time_zone)


def _read_cloud_event(value: Mapping[str, Any]) -> PersonCloudEvent:
    """Reads a CloudEvent; one of another type is refused by the type's name."""
    try:
        return PersonCloudEvent.read_object(value)
    except InvalidMessage as error:
        kind = value.get("type")
        if error.field != "type" or not isinstance(kind, str):
            raise
        shown = ascii(kind[:_LONGEST_TYPE])
        raise InvalidMessage(error.field, f"{error.reason}; {shown} is not known") from None


def event_key(value: Any, envelope: Envelope) -> str:
    """The key to follow an event by; the same for every copy of the same event.

    A CloudEvent is known by source and id, a plain one by its place in the queue, or outside a
    queue by its text.
    """
    if _names_itself(value):
        name = f"{value['source']}\n{value['id']}"
    elif envelope.sequence_number is not None:
        place = "" if envelope.index is None else f"\n{envelope.index}"
        name = f"{envelope.enqueued_at}\n{envelope.sequence_number}{place}"
    else:
        name = json.dumps(value, sort_keys=True)
    # Half of a pair of UTF-16, which JSON can say and UTF-8 cannot, is no reason to fail.
    return hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:_KEY_LENGTH]


def _names_itself(value: Any) -> TypeGuard[Mapping[str, str]]:
    return (
        isinstance(value, Mapping)
        and "specversion" in value
        and all(isinstance(value.get(name), str) for name in ("source", "id"))
    )


def decode(body: bytes | str) -> Any:
    """The JSON value of a body, within the limits of every message.

    Raises:
        InvalidMessage: it is not JSON, too large or too deep, or says a name twice.
    """
    return json_value(body)


def _request(
    event: PersonEvent, action: Action, key: str, happened: datetime, time_zone: str
) -> Request:
    day, zone = event.effective_date, event.time_zone or time_zone
    return Request(
        key=key,
        action=action,
        identifier=event.identifier,
        also=event.also,
        occurred_at=happened,
        cause=Cause(CauseKind.EVENT, event.reason or key, event.actor or "event"),
        effective_date=day_begins(day, zone) if day else None,
        day_ends=day_ends(day, zone) if day else None,
    )


def as_cloud_event(value: Any, *, source: str, event_id: str) -> Any:
    """A plain event in the envelope that gives it an identity; a CloudEvent stays as it is."""
    if not isinstance(value, Mapping) or "specversion" in value:
        return value
    data = {name: content for name, content in value.items() if name != "action"}
    leaves = value.get("action") == Action.OFFBOARD
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": OFFBOARDED if leaves else ONBOARDED,
        "data": data,
    }
