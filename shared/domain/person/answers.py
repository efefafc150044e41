"""Whether the worker's answer is an answer: an answer changes only what its question asked.

The result queue is written from on-premises, by whoever holds the worker's identity. So nothing
that stands in an answer is believed of anybody who was not asked about, and what the directory in
the cloud knows of a person is never replaced by it.
"""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from shared.domain.person.enrolment import Enrolment
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority, TenantRules
from shared.domain.person.reasons import Reason
from shared.domain.person.write_results import record
from shared.domain.person.writes import WriteResult


class Standing(StrEnum):
    """What an answer is to the person whom it names."""

    NEWS = "news"
    REPEATED = "repeated"
    """It was answered before; only how the delta sync ended may be new."""
    UNASKED = "unasked"
    """No such command was out to this person."""
    OVERTAKEN = "overtaken"
    """The opposite has been asked for since, so that it says nothing of what is."""
    CONTRADICTS = "contradicts"
    """It names another account than the one known."""


def standing_of(current: Enrolment, answer: WriteResult) -> Standing:
    """Returns what the worker's answer is to this person."""
    if current.source_of_authority is not SourceOfAuthority.ON_PREMISES:
        return Standing.UNASKED
    command = current.commands.find(answer.command_key, answer.change)
    if command is None:
        return Standing.UNASKED
    if current.commands.is_overtaken(command):
        return Standing.OVERTAKEN
    if _contradicts(current, answer.user):
        return Standing.CONTRADICTS
    return Standing.REPEATED if command.is_settled_by(answer.outcome) else Standing.NEWS


def take_answer(
    current: Enrolment, answer: WriteResult, rules: TenantRules, now: datetime
) -> Enrolment:
    """Returns the person after the worker's answer, in whatever order and number answers come.

    An answer that nobody asked for changes nothing. One that names another account is flagged, and
    changes nothing else.
    """
    match standing_of(current, answer):
        case Standing.NEWS:
            answered = current.commands.answered(answer.command_key or "", answer.outcome)
            return record(replace(current, commands=answered), answer, rules, now)
        case Standing.CONTRADICTS:
            noted = current.noted(Reason.ANSWER_CONTRADICTS, now, detail=answer.command_key or "")
            return replace(noted, flag=Reason.ANSWER_CONTRADICTS)
        case Standing.REPEATED | Standing.UNASKED | Standing.OVERTAKEN:
            return current


def _contradicts(current: Enrolment, answered: UserRef) -> bool:
    known = current.user
    if _differ(known.sid, answered.sid) or known.source_anchor not in {
        None,
        answered.source_anchor or known.source_anchor,
    }:
        return True
    # Who is not in Entra yet was asked about by name, so the account has to have that name. In
    # Entra a UPN may be another than in AD, and was not what the account was looked for by.
    if not current.is_provisional or known.source_anchor:
        return False
    if "@" in (known.user_principal_name or ""):
        return _differ(known.user_principal_name, answered.user_principal_name)
    return _differ(known.employee_id, answered.employee_id)


def _differ(known: str | None, answered: str | None) -> bool:
    return bool(known and answered) and _plain(known) != _plain(answered)


def _plain(name: str | None) -> str:
    return (name or "").strip().casefold()
