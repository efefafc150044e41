"""BambooHR's event-based webhooks: thin events that name an employee, and nothing of them.

Source: "Event-Based Webhooks" and "Employee Created", documentation.bamboohr.com.
"""

from datetime import datetime
from typing import Any

from shared.contracts.documents.hr_sources.kind import KnownSignature
from shared.contracts.documents.hr_sources.vocabulary import Authentication, Source
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Action
from shared.hr.kind import HrKind
from shared.hr.translation import (
    LeftAlone,
    SentEvent,
    Translated,
    event_of,
    identity,
    object_of,
    part_of,
)

_CREATED, _UPDATED, _DELETED = "employee.created", "employee.updated", "employee.deleted"
_ACTIONS = {
    _CREATED: Action.ONBOARD,
    _UPDATED: Action.LOOK_AGAIN,
    _DELETED: Action.OFFBOARD,
}
_WORTH_A_LOOK = frozenset({"hireDate", "employeeNumber", "status", "workEmail"})
"""Changes after which somebody who waits may be found; compared without regard to case."""


def translate(source: Source, value: Any, _now: datetime) -> Translated:
    """Returns the events of a webhook's body.

    An update enrols nobody: it does not say what the new value is, and somebody whose status has
    changed may have left. It only has those who wait already looked for again.

    Raises:
        InvalidMessage: naming the field and the reason.
    """
    body = object_of(value, "(body)")
    if "employees" in body:
        reason = "this is the field-based format; choose Event-Based, or describe it by `mapped`"
        raise InvalidMessage("employees", reason)
    kind, sent = part_of(body, "type"), part_of(body, "timestamp")
    action = _ACTIONS.get(kind.required)
    if action is None:
        return Translated(left_alone=(LeftAlone("type", "is no event about an employee's job"),))
    changed = _changed(body)
    if action is Action.LOOK_AGAIN and changed.isdisjoint(map(str.lower, _WORTH_A_LOOK)):
        reason = "nothing changed that decides on who is enrolled"
        return Translated(left_alone=(LeftAlone("data.changedFields", reason),))
    employee = part_of(body, "data", "employeeId")
    asked = SentEvent(
        action=action,
        event_id=identity(kind.required, employee.required, sent.required),
        employee_id=employee,
        time=sent,
        reason=kind.required,
    )
    return Translated(events=(event_of(source, asked),))


def _changed(body: Any) -> set[str]:
    fields = part_of(body, "data", "changedFields")
    if fields.value is None:
        return set()
    if not isinstance(fields.value, list):
        raise InvalidMessage(fields.field, "write a list")
    return {str(one).lower() for one in fields.value}


KIND = HrKind(
    name="bamboohr",
    sends="the event-based webhooks of [BambooHR](#bamboohr)",
    proofs=frozenset({Authentication.KEY, Authentication.HMAC}),
    # Source: "Webhooks", section "Security", documentation.bamboohr.com, and several published
    # clients.
    signature=KnownSignature(
        header="X-BambooHR-Signature",
        signed="{body}{timestamp}",
        timestamp_header="X-BambooHR-Timestamp",
    ),
    told_by_document=True,
    translate=translate,
)
