"""Events of before histories were kept, as far as a person's steps tell of them.

A step names the event that brought it about. It does not say where the event came from, nor when it
happened; of what an offboarding dropped only what an operator had said can be read.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from shared.domain.person.enrolment import (
    Cause,
    CauseKind,
    Claim,
    Enrolment,
    EventRecord,
    Said,
    Step,
)
from shared.domain.person.reasons import Reason

_KEY = re.compile(r"[0-9a-f]{32}")
"""Of an event; a directory command's is like it."""
_OF_OTHERS = frozenset(
    {
        Reason.COMMAND_ISSUED,
        Reason.ANSWER_CONTRADICTS,
        Reason.OUTDATED,
        Reason.FORGOTTEN,
    }
)
_LEAVING = frozenset({Reason.OFFBOARDED, Reason.UNKNOWN_LEAVER, Reason.LAST_DAY_AHEAD})


def older_records(current: Enrolment, base: Said, known: Collection[str]) -> Sequence[EventRecord]:
    """Returns the events that a person's steps name, in the order of the steps.

    Args:
        current: The person.
        base: What these events came to.
        known: The keys of events that are known better.
    """
    records: dict[str, EventRecord] = {}
    for number, step in enumerate(current.steps):
        if _names_event(step) and step.detail not in known and step.detail not in records:
            records[step.detail] = _record(step, current.steps[:number], base)
    return _with_what_is_known(list(records.values()), base)


def _names_event(step: Step) -> bool:
    return step.reason not in _OF_OTHERS and _KEY.fullmatch(step.detail) is not None


def _record(step: Step, before: Sequence[Step], base: Said) -> EventRecord:
    leaves = step.reason in _LEAVING
    included = _included(before) if leaves else None
    return EventRecord(
        key=step.detail,
        leaves=leaves,
        occurred_at=min(step.at, base.event_time),
        taken_at=step.at,
        reference=step.detail,
        actor="event",
        dropped=(included,) if included else (),
    )


def _included(steps: Sequence[Step]) -> Claim | None:
    """Returns an operator's word that wanted the person in, if none has taken it back."""
    said = [one for one in steps if one.reason in {Reason.INCLUDED_BY_OPERATOR, Reason.RELEASED}]
    if not said or said[-1].reason is Reason.RELEASED:
        return None
    return Claim(Cause(CauseKind.OVERRIDE, said[-1].detail, "operator"))


def _with_what_is_known(records: list[EventRecord], base: Said) -> Sequence[EventRecord]:
    """Lets the newest of them say what is known of it, word for word."""
    claim, exclusion = base.claim, base.exclusion
    for number in reversed(range(len(records))):
        one = records[number]
        if one.leaves and exclusion:
            records[number] = replace(one, reference=exclusion.text, actor=exclusion.actor)
            exclusion = None
        if not one.leaves and claim:
            cause = claim.cause
            records[number] = replace(one, reference=cause.reference, actor=cause.actor)
            claim = None
    return records
