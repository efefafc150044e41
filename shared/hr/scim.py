"""SCIM 2.0: a user resource, or a bulk request of them, which each operation is answered for.

The shape of Entra's API-driven provisioning (`/bulkUpload`) is the same. Source: RFC 7643 and
RFC 7644; "Configure API-driven provisioning with custom attributes", Microsoft Entra, for HireDate.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from pydantic import Field

from shared.contracts.api.hr_answers import ScimBulk, ScimUser
from shared.contracts.api.scim_answers import CORE, BulkOperation
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.contracts.documents.part import Part
from shared.contracts.messages.onboarding_event import LISTED
from shared.domain.errors import InvalidMessage, TooLarge
from shared.domain.person.people import Identifier, IdentifierKind
from shared.domain.person.request import Action
from shared.hr.kind import HrKind
from shared.hr.meaning import is_zone, what_is_meant, zone_of
from shared.hr.sent_part import SentPart
from shared.hr.translation import (
    Event,
    LeftAlone,
    SentEvent,
    Translated,
    by_content,
    day_written,
    event_of,
    identity,
    key_of,
    object_of,
    part_without_case,
)

MOST_OPERATIONS = 1_000
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_USERS = "/Users"
_TRUTH = {"true": True, "false": False}


class Match(StrEnum):
    """By which name somebody of a SCIM resource is looked for."""

    EMPLOYEE_ID = "employeeId"
    USER_PRINCIPAL_NAME = "userPrincipalName"


class Keys(Part):
    """What is said of a source of SCIM alone."""

    match: Match = Field(
        Match.EMPLOYEE_ID,
        description="Of scim: look for employeeNumber, else externalId, as employeeId; or for "
        "userName as userPrincipalName.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOutcome:
    """What one operation of a bulk request comes to: an event, nothing on purpose, or a refusal."""

    method: str
    bulk_id: str | None
    event: Event | None = None
    left_alone: LeftAlone | None = None
    problem: InvalidMessage | None = None

    @property
    def is_listed(self) -> bool:
        """Whether its event enrols nobody: it does not say that they join."""
        return self.event is not None and self.event["type"] == LISTED


def translate(source: Source, value: Any, now: datetime) -> Translated:
    """Returns the event that a user resource comes to, or those of a bulk request: all or none.

    Raises:
        InvalidMessage: naming the attribute and the reason.
    """
    if not is_bulk(value):
        return _translated_user(source, value, now)
    outcomes = list(translate_bulk(source, value, now))
    for number, one in enumerate(outcomes):
        if one.problem:
            raise InvalidMessage(f"Operations[{number}].{one.problem.field}", one.problem.reason)
    return _translated(outcomes)


def receive(source: Source, value: Any, now: datetime) -> Translated:
    """Does the same as `translate`, and adds SCIM's answer.

    In a bulk request each operation stands by itself.

    Raises:
        InvalidMessage: naming the attribute and the reason.
    """
    if is_bulk(value):
        outcomes = list(translate_bulk(source, value, now))
        answer = ScimBulk([_answered(one) for one in outcomes])
        return replace(_translated(outcomes), answer=answer)
    translated = _translated_user(source, value, now)
    is_listed = bool(translated.listed)
    return replace(translated, answer=ScimUser(translated.keys[0], is_listed=is_listed))


def event_of_user(
    source: Source,
    user: Mapping[str, Any],
    *,
    told: Action | None,
    method: str,
    event_id: str,
    now: datetime,
) -> Event:
    """Returns the event of that id about a user; the first day is nothing to those who leave.

    Args:
        source: who writes.
        user: the resource.
        told: what has become of `active`; None where nothing was said of it, so that the first
            day alone says whether they join.
        method: of HTTP, for the record.
        event_id: what tells the event from others.
        now: when it was written.

    Raises:
        InvalidMessage: naming the attribute and the reason.
    """
    asked = _asked(source, user, told, now)
    named = replace(asked, event_id=event_id, reason=f"SCIM {method}")
    return event_of(source, named)


def told_by(user: Mapping[str, Any], method: str = "POST") -> Action | None:
    """Returns what a user resource says by itself of joining and leaving; None where it does not.

    Who is written as active may have joined years ago: their first day says more, where there is
    one. An update tells that somebody is active, whatever it changes.

    Raises:
        InvalidMessage: `active` is neither true nor false.
    """
    active = _truth(part_without_case(user, "active"))
    if active is False:
        return Action.OFFBOARD
    is_new = active is True and method == "POST" and _hire_date(user) is None
    return Action.ONBOARD if is_new else None


def employee_number_of(user: Mapping[str, Any]) -> str | None:
    """Returns the number by which somebody may be known, as the sender has it."""
    number = _employee_id(user)
    return number.text if number else None


def is_bulk(value: Any) -> bool:
    """Tells whether it is a bulk request; otherwise it is a user."""
    return isinstance(value, Mapping) and part_without_case(value, "Operations").value is not None


def _translated_user(source: Source, value: Any, now: datetime) -> Translated:
    user = object_of(value, "(body)")
    _check_schemas(user)
    return Translated(events=(_written(source, user, "POST", None, now),))


def _translated(outcomes: list[BulkOutcome]) -> Translated:
    return Translated(
        events=tuple(one.event for one in outcomes if one.event),
        left_alone=tuple(one.left_alone for one in outcomes if one.left_alone),
    )


def _answered(outcome: BulkOutcome) -> BulkOperation:
    return BulkOperation(
        method=outcome.method,
        bulk_id=outcome.bulk_id,
        key=key_of(outcome.event) if outcome.event else None,
        is_listed=outcome.is_listed,
        problem=outcome.problem,
    )


def translate_bulk(source: Source, value: Any, now: datetime) -> Iterator[BulkOutcome]:
    """Translates each operation by itself, in order, until more fail than `failOnErrors` allows.

    Raises:
        InvalidMessage: it is no bulk request, or has too many operations.
    """
    operations = part_without_case(value, "Operations")
    if not isinstance(operations.value, list):
        raise InvalidMessage("Operations", "write a list")
    if len(operations.value) > MOST_OPERATIONS:
        raise TooLarge("Operations", f"send at most {MOST_OPERATIONS:,} operations at once")
    allowed = part_without_case(value, "failOnErrors").value
    problems = 0
    for operation in operations.value:
        outcome = _outcome(source, operation, now)
        yield outcome
        problems += outcome.problem is not None
        if isinstance(allowed, int) and 0 < allowed <= problems:
            return


def _outcome(source: Source, value: Any, now: datetime) -> BulkOutcome:
    method, bulk_id = "", None
    try:
        operation = object_of(value, "(operation)")
        method = part_without_case(operation, "method").required.upper()
        bulk_id = part_without_case(operation, "bulkId").text
        event = _event(source, method, operation, now)
    except InvalidMessage as error:
        return BulkOutcome(method=method, bulk_id=bulk_id, problem=error)
    if isinstance(event, LeftAlone):
        return BulkOutcome(method=method, bulk_id=bulk_id, left_alone=event)
    return BulkOutcome(method=method, bulk_id=bulk_id, event=event)


def _event(source: Source, method: str, operation: Any, now: datetime) -> Event | LeftAlone:
    path, data = (
        part_without_case(operation, "path").required,
        part_without_case(operation, "data").value,
    )
    name = _resource(path)
    match method:
        case "POST" | "PUT":
            return _written(source, object_of(data, "data"), method, name, now)
        case "PATCH":
            active = _patched_active(object_of(data, "data"))
            if active is None:
                return LeftAlone("data.Operations", "nothing changes `active`")
            action = Action.ONBOARD if active else Action.OFFBOARD
            known_by = by_content([method, path, data], now)
            return event_of(source, _named(method, name, action, known_by))
        case "DELETE":
            known_by = by_content([method, path], now)
            return event_of(source, _named(method, name, Action.OFFBOARD, known_by))
    raise InvalidMessage("method", "write POST, PUT, PATCH or DELETE")


def _written(
    source: Source, user: Mapping[str, Any], method: str, name: str | None, now: datetime
) -> Event:
    event_id = identity(method, by_content([name, dict(user)], now))
    told = told_by(user, method)
    return event_of_user(source, user, told=told, method=method, event_id=event_id, now=now)


def _asked(
    source: Source, user: Mapping[str, Any], told: Action | None, now: datetime
) -> SentEvent:
    by_employee_id = source.own(Keys).match is Match.EMPLOYEE_ID
    employee = _employee_id(user)
    by_name = not by_employee_id or employee is None
    day = _hire_date(user) if told is not Action.OFFBOARD else None
    zone = _zone(source, user) if day else None
    return SentEvent(
        action=what_is_meant(told, day_written(day), source, zone, now),
        event_id="",
        user_principal_name=part_without_case(user, "userName") if by_name else None,
        employee_id=employee if by_employee_id else None,
        effective_date=day,
        time_zone=zone,
        joins_by_day=told is None,
    )


def _zone(source: Source, user: Mapping[str, Any]) -> str | None:
    """Returns the zone of the person's `timezone`, else of the country of an address of theirs.

    Connectors write whatever stands there: one that nobody knows says nothing.
    """
    addresses = part_without_case(user, "addresses").value
    listed = [one for one in _listed(addresses) if isinstance(one, Mapping)]
    listed.sort(key=lambda one: part_without_case(one, "primary").value is not True)
    said = part_without_case(user, "timezone")
    hints = [said, *(part_without_case(one, "country") for one in listed)]
    return zone_of(source, said if is_zone(said) else None, hints)


def _named(method: str, name: str | None, action: Action, event_id: str) -> SentEvent:
    """Asks about somebody named in the path: by object id, UPN or employee id, as it looks."""
    if name is None:
        raise InvalidMessage("path", f"write {_USERS}/ID")
    if name.lower().startswith("bulkid:"):
        raise InvalidMessage("path", "references to other operations are not resolved")
    kind, said = Identifier.parse(name).kind, SentPart("path", name)
    return SentEvent(
        action=action,
        event_id=event_id,
        object_id=said if kind is IdentifierKind.OBJECT_ID else None,
        user_principal_name=said if kind is IdentifierKind.USER_PRINCIPAL_NAME else None,
        employee_id=said if kind is IdentifierKind.EMPLOYEE_ID else None,
        reason=f"SCIM {method}",
    )


def _resource(path: str) -> str | None:
    """Returns the id in a path, or None for the path of the collection."""
    head, _, name = path.removeprefix("/").partition("/")
    if head.lower() != _USERS.removeprefix("/").lower() or "/" in name:
        raise InvalidMessage("path", f"write {_USERS} or {_USERS}/ID; there are only users here")
    return unquote(name) or None


def _patched_active(data: Mapping[str, Any]) -> bool | None:
    """Returns what a PatchOp makes of `active`, or None if it leaves it as it is."""
    operations = part_without_case(data, "Operations").value
    if not isinstance(operations, list):
        raise InvalidMessage("data.Operations", "write a list")
    active: bool | None = None
    for one in operations:
        operation = object_of(one, "data.Operations")
        path, value = (
            part_without_case(operation, "path").text,
            part_without_case(operation, "value").value,
        )
        if path is None and isinstance(value, Mapping):
            changed = _truth(part_without_case(value, "active"))
        elif path is not None and path.lower() in {"active", f"{CORE}:active".lower()}:
            gone = (part_without_case(operation, "op").text or "").lower() == "remove"
            changed = False if gone else _truth(SentPart("active", value))
        else:
            continue
        active = active if changed is None else changed
    return active


def _employee_id(user: Mapping[str, Any]) -> SentPart | None:
    """Returns the enterprise extension's number, else what the sender calls the person by."""
    number = part_without_case(
        object_of(part_without_case(user, _ENTERPRISE).value or {}, _ENTERPRISE), "employeeNumber"
    )
    if number.text is not None:
        return SentPart(f"{_ENTERPRISE}:employeeNumber", number.value)
    external = part_without_case(user, "externalId")
    return external if external.text is not None else None


def _hire_date(user: Mapping[str, Any]) -> SentPart | None:
    """Returns HireDate of whichever extension has one; the extension's name is the tenant's own."""
    for name, extension in user.items():
        if name.lower().startswith("urn:") and isinstance(extension, Mapping):
            said = part_without_case(extension, "HireDate")
            if said.text is not None:
                return SentPart(f"{name}:HireDate", said.value)
    return None


def _truth(said: SentPart) -> bool | None:
    """Reads a boolean; Entra has been seen to write booleans as text."""
    if said.value is None or isinstance(said.value, bool):
        return said.value
    if isinstance(said.value, str) and said.value.lower() in _TRUTH:
        return _TRUTH[said.value.lower()]
    raise InvalidMessage(said.field, "write true or false")


def _check_schemas(user: Mapping[str, Any]) -> None:
    schemas = part_without_case(user, "schemas").value
    if schemas is not None and CORE.lower() not in [str(one).lower() for one in _listed(schemas)]:
        raise InvalidMessage("schemas", f"name {CORE}; only users and bulk requests are taken")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


KIND = HrKind(
    name="scim",
    sends="a user resource or a bulk request of [SCIM 2.0](#scim-20)",
    proofs=frozenset(Authentication),
    keys=Keys,
    tells_days=True,
    translate=translate,
    receive=receive,
)
