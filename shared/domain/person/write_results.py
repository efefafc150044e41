"""What a written membership, or a refusal to write it, makes of a person."""

from dataclasses import replace
from datetime import datetime

from shared.domain.person.enrolment import IN_SCOPE, Enrolment, Provenance, State, merged
from shared.domain.person.onboarding import wait_again
from shared.domain.person.policy import TenantRules
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult

_WRITTEN = frozenset({WriteOutcome.DONE, WriteOutcome.ALREADY})
_PASSING = frozenset({Reason.COMMAND_EXPIRED, Reason.GROUP_NOT_WRITABLE, Reason.NOT_IN_ENTRA})
"""What the next try may find mended: Graph shows a new user only after a while."""
_NOT_ELIGIBLE = frozenset({Reason.PROTECTED, Reason.DISABLED, Reason.GUEST})


def record(current: Enrolment, answer: WriteResult, rules: TenantRules, now: datetime) -> Enrolment:
    """The enrolment after the answer; answers may repeat, and come late or out of order."""
    known = replace(current, user=merged(current.user, answer.user))
    if answer.change is ScopeAction.ADD:
        return _added(known, answer, rules, now)
    return _removed(known, answer, now)


def _added(current: Enrolment, answer: WriteResult, rules: TenantRules, now: datetime) -> Enrolment:
    written = answer.outcome in _WRITTEN
    provenance = _provenance(current, answer)
    match current.state:
        case State.REQUESTED | State.WAITING if written:
            reason = Reason.ADDED if answer.outcome is WriteOutcome.DONE else Reason.ALREADY_MEMBER
            return current.moved(
                State.APPLIED, reason, now, detail=answer.detail, provenance=provenance
            )
        case State.REQUESTED if _is_of_another_command(current, answer):
            return current
        case State.REQUESTED:
            return _not_added(current, answer, rules, now)
        case State.WITHDRAWING if answer.command_key == current.command_key:
            return _leaving(replace(current, provenance=provenance), answer, now)
        case State.EXCLUDED | State.FAILED | State.WITHDRAWN if answer.outcome is WriteOutcome.DONE:
            # A late answer to a request that has been given up: what it wrote is taken back.
            return current.moved(
                State.WITHDRAWING, Reason.ADDED, now, provenance=Provenance.OURS, reissues=0
            )
        case _:
            return current


def _is_of_another_command(current: Enrolment, answer: WriteResult) -> bool:
    out, answered = current.command_key, answer.command_key
    return out is not None and answered is not None and out != answered


def _not_added(
    current: Enrolment, answer: WriteResult, rules: TenantRules, now: datetime
) -> Enrolment:
    reason = answer.reason or Reason.WRITE_REFUSED
    if reason in _PASSING:
        # Not the person's fault: the follow-up asks again, ever more rarely.
        flag = reason if reason is Reason.GROUP_NOT_WRITABLE else current.flag
        noted = current.noted(reason, now, detail=answer.detail)
        return replace(noted, command_key=None, flag=flag)
    if answer.outcome is WriteOutcome.NOT_FOUND:
        if current.is_provisional:
            return wait_again(current, rules, now)
        reason = answer.reason or Reason.NOT_IN_ACTIVE_DIRECTORY
    state = State.EXCLUDED if reason in _NOT_ELIGIBLE else State.FAILED
    return current.moved(state, reason, now, detail=answer.detail)


def _leaving(current: Enrolment, answer: WriteResult, now: datetime) -> Enrolment:
    """The add that was under way when the person left has been answered."""
    if current.provenance is Provenance.OURS:
        written = answer.outcome in _WRITTEN
        reason = Reason.ADDED if written else answer.reason or Reason.WRITE_REFUSED
        noted = current.noted(reason, now, detail=answer.detail)
        return replace(noted, command_key=None)
    reason = (
        Reason.MEMBERSHIP_NOT_OURS
        if answer.outcome is WriteOutcome.ALREADY
        else Reason.NOT_A_MEMBER
    )
    return current.moved(State.WITHDRAWN, reason, now, detail=answer.detail)


def _removed(current: Enrolment, answer: WriteResult, now: datetime) -> Enrolment:
    if current.state is not State.WITHDRAWING:
        return current
    if answer.outcome is WriteOutcome.DONE:
        return current.moved(State.WITHDRAWN, Reason.REMOVED, now, detail=answer.detail)
    if answer.outcome is WriteOutcome.REFUSED:
        reason = answer.reason or Reason.WRITE_REFUSED
        flag = None if reason is Reason.COMMAND_EXPIRED else reason
        noted = current.noted(reason, now, detail=answer.detail)
        return replace(noted, command_key=None, flag=flag)
    return current.moved(State.WITHDRAWN, Reason.NOT_A_MEMBER, now, detail=answer.detail)


def _provenance(current: Enrolment, answer: WriteResult) -> Provenance:
    if answer.outcome is WriteOutcome.DONE:
        return Provenance.OURS
    if answer.outcome is WriteOutcome.ALREADY and current.provenance is Provenance.UNKNOWN:
        return Provenance.PREEXISTING
    return current.provenance


def note_delta_sync(
    current: Enrolment, *, succeeded: bool, detail: str, now: datetime
) -> Enrolment:
    """The delta sync after the change has ended; only those whose change it carries are told."""
    if current.state not in IN_SCOPE | {State.WITHDRAWN}:
        return current
    reason = Reason.DELTA_SYNC_SUCCEEDED if succeeded else Reason.DELTA_SYNC_FAILED
    return current.noted(reason, now, detail=detail)
