"""An enrolment as the columns of a row: plain for whoever looks at the table, and back."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.domain.enrolment import Cause, CauseKind, Enrolment, Provenance, State, Step
from shared.domain.people import UserRef
from shared.domain.policy import Medium
from shared.domain.reasons import Reason

_LONGEST_STEPS = 30_000
"""Characters of ASCII; a string property holds 64 KiB of UTF-16."""


def columns_of(enrolment: Enrolment) -> dict[str, Any]:
    """The row's properties without its keys; what is not known is left out."""
    user, cause = enrolment.user, enrolment.cause
    columns = {
        "Key": enrolment.key,
        "State": enrolment.state.value,
        "Reason": enrolment.reason.value,
        "ObjectId": user.object_id,
        "UserPrincipalName": user.user_principal_name,
        "EmployeeId": user.employee_id,
        "SourceAnchor": user.source_anchor,
        "Sid": user.sid,
        "CauseKind": cause.kind.value,
        "CauseReference": cause.reference,
        "CauseActor": cause.actor,
        "Since": enrolment.since,
        "EventTime": enrolment.event_time,
        "Medium": enrolment.medium.value if enrolment.medium else None,
        "Provenance": enrolment.provenance.value,
        "CommandKey": enrolment.command_key,
        "EffectiveDate": enrolment.effective_date,
        "Due": enrolment.due,
        "Deadline": enrolment.deadline,
        "Attempts": enrolment.attempts,
        "Flag": enrolment.flag.value if enrolment.flag else None,
        "Steps": _steps_text(enrolment.steps),
    }
    return {name: value for name, value in columns.items() if value is not None}


def enrolment_of(row: Mapping[str, Any]) -> Enrolment:
    """The enrolment that these columns hold."""
    return Enrolment(
        key=row["Key"],
        user=UserRef(
            object_id=row.get("ObjectId"),
            user_principal_name=row.get("UserPrincipalName"),
            employee_id=row.get("EmployeeId"),
            source_anchor=row.get("SourceAnchor"),
            sid=row.get("Sid"),
        ),
        state=State(row["State"]),
        reason=Reason(row["Reason"]),
        cause=Cause(CauseKind(row["CauseKind"]), row["CauseReference"], row["CauseActor"]),
        since=plain(row["Since"]),
        event_time=plain(row["EventTime"]),
        medium=Medium(row["Medium"]) if "Medium" in row else None,
        provenance=Provenance(row["Provenance"]),
        command_key=row.get("CommandKey"),
        effective_date=_time(row, "EffectiveDate"),
        due=_time(row, "Due"),
        deadline=_time(row, "Deadline"),
        attempts=row["Attempts"],
        flag=Reason(row["Flag"]) if "Flag" in row else None,
        steps=tuple(
            Step(datetime.fromisoformat(at), State(state), Reason(reason), detail)
            for at, state, reason, detail in json.loads(row["Steps"])
        ),
    )


def plain(moment: datetime) -> datetime:
    """A datetime of its own; the SDK's subclass carries the service's text along."""
    return datetime.fromisoformat(moment.isoformat())


def _time(row: Mapping[str, Any], name: str) -> datetime | None:
    return plain(row[name]) if name in row else None


def _steps_text(steps: Sequence[Step]) -> str:
    """All steps; where they are too long together, the oldest lose their details."""
    fields = [[step.at.isoformat(), step.state, step.reason, step.detail] for step in steps]
    text = _compact(fields)
    for step in fields:
        if len(text) <= _LONGEST_STEPS:
            break
        step[3] = ""
        text = _compact(fields)
    return text


def _compact(fields: list[list[str]]) -> str:
    return json.dumps(fields, separators=(",", ":"))
