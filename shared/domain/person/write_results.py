"""What a written membership, or a refusal to write it, makes of a person."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.domain.person.enrolment import Enrolment, Provenance, State, filled
from shared.domain.person.happenings import Happening
from shared.domain.person.policy import TenantRules, doubled
from shared.domain.person.reasons import OF_THE_GROUP, Reason
from shared.domain.person.transitions import move, next_state
from shared.domain.person.waiting import wait_again
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult

_WRITTEN = {
    WriteOutcome.DONE: Happening.WRITTEN,
    WriteOutcome.ALREADY: Happening.WRITTEN_BEFORE,
}
_UNFLAGGED = frozenset(
    {
        Reason.COMMAND_EXPIRED,
        Reason.WRITING_STOPPED,
        Reason.DIRECTORY_BUSY,
        Reason.NOT_IN_ENTRA,
        Reason.NOT_NOW,
    }
)
"""What is no refusal, or passes by itself: Graph shows a new user only after a while."""
_PASSING = OF_THE_GROUP | _UNFLAGGED | {Reason.UNKNOWN_REFUSAL}
"""What the next try may find mended, by itself or by somebody who looks."""
_NOT_ELIGIBLE = frozenset({Reason.PROTECTED, Reason.DISABLED, Reason.GUEST})


def record(current: Enrolment, answer: WriteResult, rules: TenantRules, now: datetime) -> Enrolment:
    """Returns the enrolment after the answer; answers may repeat, and come late or out of order.

    Of who somebody is only that is learned of which nothing is known, and only while they are not
    in Entra: from then on Entra says it.
    """
    known = current
    if current.is_provisional:
        learned = replace(answer.user, object_id=None)
        known = replace(current, user=filled(current.user, learned))
    if answer.change is ScopeAction.ADD:
        return _after_add(known, answer, rules, now)
    return _after_removal(known, answer, rules, now)


def _after_add(
    current: Enrolment, answer: WriteResult, rules: TenantRules, now: datetime
) -> Enrolment:
    if current.state is State.WITHDRAWING:
        if answer.command_key != current.command_key:
            return current
        return _after_late_add(
            replace(current, provenance=_provenance(current, answer)), answer, now
        )
    if answer.outcome in _WRITTEN:
        return _after_write(current, answer, now)
    if current.state is not State.REQUESTED or _is_of_another_command(current, answer):
        return current
    return _after_refused_add(current, answer, rules, now)


def _after_write(current: Enrolment, answer: WriteResult, now: datetime) -> Enrolment:
    happening = _WRITTEN[answer.outcome]
    reason = Reason.ADDED if happening is Happening.WRITTEN else Reason.ALREADY_MEMBER
    # Where it is a late answer to a request that has been given up, the write is taken back.
    given_up = next_state(current, happening) is State.WITHDRAWING
    detail = "" if given_up else answer.detail
    changes: dict[str, Any] = {"reissues": 0} if given_up else {}
    provenance = _provenance(current, answer)
    return move(current, happening, reason, now, detail=detail, provenance=provenance, **changes)


def _is_of_another_command(current: Enrolment, answer: WriteResult) -> bool:
    out, answered = current.command_key, answer.command_key
    return out is not None and answered is not None and out != answered


def _after_refused_add(
    current: Enrolment, answer: WriteResult, rules: TenantRules, now: datetime
) -> Enrolment:
    reason = answer.reason or Reason.WRITE_REFUSED
    if reason in _PASSING:
        # Not the person's fault: the follow-up asks again, ever more rarely.
        flag = current.flag if reason in _UNFLAGGED else reason
        noted = current.noted(reason, now, detail=answer.detail)
        return replace(noted, command_key=None, flag=flag)
    if answer.outcome is WriteOutcome.NOT_FOUND:
        if current.is_provisional:
            return wait_again(current, rules, now)
        reason = answer.reason or Reason.NOT_IN_ACTIVE_DIRECTORY
    ineligible = reason in _NOT_ELIGIBLE
    happening = Happening.ADD_REFUSED_BY_RULE if ineligible else Happening.ADD_REFUSED
    return move(current, happening, reason, now, detail=answer.detail)


def _after_late_add(current: Enrolment, answer: WriteResult, now: datetime) -> Enrolment:
    """Returns the leaver after the answer to the add that was under way when they left."""
    happening = _WRITTEN.get(answer.outcome, Happening.ADD_IN_VAIN)
    if next_state(current, happening) is None:
        in_vain = happening is Happening.ADD_IN_VAIN
        reason = (answer.reason or Reason.WRITE_REFUSED) if in_vain else Reason.ADDED
        noted = current.noted(reason, now, detail=answer.detail)
        # What was ours to write after all is to be taken back.
        removed_at = current.removed_at if in_vain else None
        return replace(noted, command_key=None, removed_at=removed_at)
    if happening is Happening.ADD_IN_VAIN:
        return move(current, happening, Reason.NOT_A_MEMBER, now, detail=answer.detail)
    return _after_add_of_a_member(current, answer, now)


def _after_add_of_a_member(current: Enrolment, answer: WriteResult, now: datetime) -> Enrolment:
    """Returns whom others had put in before the add that was under way when they left.

    Nothing is written: whoever is to be out is out once Entra no longer shows them.
    """
    happening, theirs = Happening.WRITTEN_BEFORE, Reason.MEMBERSHIP_NOT_OURS
    if next_state(current, happening) is State.APPLIED:
        theirs = Reason.ALREADY_MEMBER
    moved = move(current, happening, theirs, now, detail=answer.detail, command_key=None)
    return replace(moved, removed_at=now) if moved.state is State.WITHDRAWING else moved


def _after_removal(
    current: Enrolment, answer: WriteResult, rules: TenantRules, now: datetime
) -> Enrolment:
    if answer.outcome is WriteOutcome.REFUSED:
        return _after_refused_removal(current, answer, now)
    done = answer.outcome is WriteOutcome.DONE
    reason = Reason.REMOVED if done else answer.reason or Reason.NOT_A_MEMBER
    if current.state is State.WITHDRAWING and next_state(current, Happening.REMOVED) is None:
        return _await_confirmation(current, answer, reason, rules, now)
    if next_state(current, Happening.REMOVED) is State.FAILED:
        # What is said of them is why they were taken out, and not that they were.
        reason = current.reason
    return move(current, Happening.REMOVED, reason, now, detail=answer.detail)


def _await_confirmation(
    current: Enrolment, answer: WriteResult, reason: Reason, rules: TenantRules, now: datetime
) -> Enrolment:
    """Keeps the person on the way out until the follow-up has seen that they are not there."""
    if current.removed_at is not None:
        return current
    noted = current.noted(reason, now, detail=answer.detail)
    # Until then it is not asked for again: the look comes first.
    unsure = reason is Reason.REMOVAL_UNCONFIRMED
    patience = (
        2 * rules.written_within if unsure else rules.visible_within(current.source_of_authority)
    )
    wait = doubled(patience, current.reissues, rules.longest_retry)
    return replace(noted, command_key=None, due=now + wait, removed_at=now)


def _after_refused_removal(current: Enrolment, answer: WriteResult, now: datetime) -> Enrolment:
    if current.state is not State.WITHDRAWING:
        return current
    reason = answer.reason or Reason.WRITE_REFUSED
    flag = None if reason in _UNFLAGGED else reason
    noted = current.noted(reason, now, detail=answer.detail)
    return replace(noted, command_key=None, flag=flag)


def _provenance(current: Enrolment, answer: WriteResult) -> Provenance:
    if answer.outcome is WriteOutcome.DONE and not _was_put_back(current):
        return Provenance.OURS
    if answer.outcome is WriteOutcome.ALREADY and current.provenance is Provenance.UNKNOWN:
        return Provenance.PREEXISTING
    return current.provenance


def _was_put_back(current: Enrolment) -> bool:
    """Tells whether this restores a membership of before the product, which stays one."""
    if current.provenance is not Provenance.PREEXISTING:
        return False
    for step in reversed(current.steps):
        if not step.state.is_enrolled:
            return False
        if step.reason is Reason.PUT_BACK:
            return True
    return False


def note_delta_sync(
    current: Enrolment, *, succeeded: bool, detail: str, now: datetime
) -> Enrolment:
    """Notes how the delta sync after the change ended, only for those whose change it carries."""
    carries = current.state.is_in_scope or current.state is State.WITHDRAWN
    if not (carries or current.awaits_confirmation):
        return current
    reason = Reason.DELTA_SYNC_SUCCEEDED if succeeded else Reason.DELTA_SYNC_FAILED
    return current.noted(reason, now, detail=detail)
