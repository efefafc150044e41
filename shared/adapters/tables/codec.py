"""An enrolment as the columns of a row: plain for whoever looks at the table, and back."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.adapters.tables.claim_columns import (
    claims_of,
    claims_text,
    compact,
    exclusion_of,
    exclusion_text,
)
from shared.adapters.tables.event_columns import events_of, events_text
from shared.adapters.tables.long_text import gathered, spread
from shared.domain.errors import UnreadableRow
from shared.domain.person.commands import AskedCommand, AskedCommands
from shared.domain.person.enrolment import (
    Cause,
    CauseKind,
    Enrolment,
    Provenance,
    State,
    Step,
)
from shared.domain.person.methods import HeldMethods, read_held, write_held
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary, NamedSummary
from shared.domain.person.writes import ScopeAction, WriteOutcome

_LONGEST_STEPS = 30_000
"""Characters of ASCII; a string property holds 64 KiB of UTF-16."""


def columns_of(enrolment: Enrolment) -> dict[str, Any]:
    """Returns the row's properties without its keys; what is not known is left out."""
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
        "SourceOfAuthority": enrolment.source_of_authority.value
        if enrolment.source_of_authority
        else None,
        "Account": enrolment.account.value if enrolment.account else None,
        "Provenance": enrolment.provenance.value,
        "CommandKey": enrolment.command_key,
        "Commands": _commands_text(enrolment.commands) if enrolment.commands else None,
        "EffectiveDate": enrolment.effective_date,
        "Due": enrolment.due,
        "Deadline": enrolment.deadline,
        "RemovedAt": enrolment.removed_at,
        "Attempts": enrolment.attempts,
        "Reissues": enrolment.reissues,
        "Flag": enrolment.flag.value if enrolment.flag else None,
        "Methods": write_held(enrolment.held) if enrolment.held is not None else None,
        "Claims": claims_text(enrolment.claims),
        "Exclusion": exclusion_text(enrolment.exclusion) if enrolment.exclusion else None,
        "SetAside": exclusion_text(enrolment.set_aside) if enrolment.set_aside else None,
        **(spread("Events", events_text(enrolment.events)) if enrolment.events else {}),
        "Steps": _steps_text(enrolment.steps),
    }
    return {name: value for name, value in columns.items() if value is not None}


def enrolment_of(row: Mapping[str, Any]) -> Enrolment:
    """Returns the enrolment that these columns hold; columns that are new are passed over.

    Raises:
        UnreadableRow: a newer version has written it.
    """
    try:
        return _enrolment_of(row)
    except (ValueError, TypeError) as error:
        raise UnreadableRow("a person's row", str(error)) from error


def _enrolment_of(row: Mapping[str, Any]) -> Enrolment:
    return Enrolment(
        key=row["Key"],
        user=_user_of(row),
        state=State(row["State"]),
        reason=Reason(row["Reason"]),
        cause=Cause(CauseKind(row["CauseKind"]), row["CauseReference"], row["CauseActor"]),
        since=plain(row["Since"]),
        event_time=plain(row["EventTime"]),
        source_of_authority=SourceOfAuthority(row["SourceOfAuthority"])
        if "SourceOfAuthority" in row
        else None,
        account=SourceOfAuthority(row["Account"]) if "Account" in row else None,
        provenance=Provenance(row["Provenance"]),
        command_key=row.get("CommandKey"),
        commands=_commands_of(row),
        effective_date=_time(row, "EffectiveDate"),
        due=_time(row, "Due"),
        deadline=_time(row, "Deadline"),
        removed_at=_time(row, "RemovedAt"),
        attempts=row["Attempts"],
        reissues=row["Reissues"],
        flag=Reason(row["Flag"]) if "Flag" in row else None,
        held=_held_of(row),
        claims=claims_of(row["Claims"]),
        exclusion=exclusion_of(row.get("Exclusion")),
        set_aside=exclusion_of(row.get("SetAside")),
        events=events_of(gathered("Events", row)),
        steps=_steps_of(row["Steps"]),
    )


def _user_of(row: Mapping[str, Any]) -> UserRef:
    return UserRef(
        object_id=row.get("ObjectId"),
        user_principal_name=row.get("UserPrincipalName"),
        employee_id=row.get("EmployeeId"),
        source_anchor=row.get("SourceAnchor"),
        sid=row.get("Sid"),
    )


STANDING_COLUMNS = (
    "Key",
    "State",
    "Reason",
    "Provenance",
    "Since",
    "Flag",
    "Methods",
    "Claims",
    "Exclusion",
    "SetAside",
    "SourceOfAuthority",
    "Account",
    "RemovedAt",
)
NAMED_COLUMNS = (
    *STANDING_COLUMNS,
    "ObjectId",
    "UserPrincipalName",
    "EmployeeId",
    "SourceAnchor",
    "Sid",
)


def named_of(row: Mapping[str, Any]) -> NamedSummary:
    """Returns the summary that these columns hold, and who it is of; as for `standing_of`."""
    return NamedSummary(_user_of(row), standing_of(row))


def standing_of(row: Mapping[str, Any]) -> EnrolmentSummary:
    """Returns the summary that these of an enrolment's columns hold.

    Columns without a value may be None.

    Raises:
        UnreadableRow: a newer version has written it.
    """
    try:
        return _standing_of(row)
    except (ValueError, TypeError) as error:
        raise UnreadableRow("a person's row", str(error)) from error


def _standing_of(row: Mapping[str, Any]) -> EnrolmentSummary:
    flag = row.get("Flag")
    account = row.get("Account") or row.get("SourceOfAuthority")
    return EnrolmentSummary(
        row["Key"],
        State(row["State"]),
        Reason(row["Reason"]),
        Provenance(row["Provenance"]),
        plain(row["Since"]),
        claims_of(row["Claims"]),
        exclusion_of(row.get("Exclusion")),
        Reason(flag) if flag else None,
        SourceOfAuthority(account) if account else None,
        _held_of(row),
        row.get("RemovedAt") is not None,
        exclusion_of(row.get("SetAside")),
    )


def _held_of(row: Mapping[str, Any]) -> HeldMethods | None:
    """Reads the methods; a row has none before the registration report was read for the person."""
    text: str | None = row.get("Methods")
    return read_held(text) if text is not None else None


def plain(moment: datetime) -> datetime:
    """Makes a plain datetime; the SDK's subclass carries the service's text along."""
    return datetime.fromisoformat(moment.isoformat())


def _time(row: Mapping[str, Any], name: str) -> datetime | None:
    return plain(row[name]) if name in row else None


def _commands_text(commands: AskedCommands) -> str:
    return compact([[one.key, one.action, one.outcome] for one in commands.newest])


def _commands_of(row: Mapping[str, Any]) -> AskedCommands:
    """Reads the commands; a row of before they had a column has them among its steps."""
    if "Commands" in row:
        return AskedCommands(
            tuple(
                AskedCommand(key, ScopeAction(action), WriteOutcome(outcome) if outcome else None)
                for key, action, outcome in json.loads(row["Commands"])
            )
        )
    commands = AskedCommands()
    if f'"{Reason.COMMAND_ISSUED}"' not in row["Steps"]:
        return commands
    for step in _steps_of(row["Steps"]):
        if step.reason is Reason.COMMAND_ISSUED and step.detail:
            adds = step.state is State.REQUESTED
            commands = commands.asking(step.detail, ScopeAction.ADD if adds else ScopeAction.REMOVE)
    return commands


def _steps_text(steps: Sequence[Step]) -> str:
    """Writes all steps; where they are too long together, the oldest lose their details."""
    fields = [[step.at.isoformat(), step.state, step.reason, step.detail] for step in steps]
    text = compact(fields)
    for step in fields:
        if len(text) <= _LONGEST_STEPS:
            break
        step[3] = ""
        text = compact(fields)
    return text


def _steps_of(text: str) -> tuple[Step, ...]:
    return tuple(
        Step(datetime.fromisoformat(at), State(state), Reason(reason), detail)
        for at, state, reason, detail in json.loads(text)
    )
