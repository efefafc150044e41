"""Describe checks: how a check of people stands, what it found, and what was found of each."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from shared.contracts.api.check_views import (
    CheckedPeople,
    CheckedPerson,
    FindingCount,
    FindingView,
    PeopleCheckView,
    UnknownCount,
    UnknownView,
)
from shared.contracts.api.operation_orders import CheckOrder
from shared.contracts.api.words import OperationState
from shared.contracts.messages.directory_question import LONGEST_QUESTION
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.preflight import (
    PASSING,
    REFUSING,
    Finding,
    Preflight,
    Unknown,
    Verdict,
)
from shared.domain.person.preflight_tally import Tally
from shared.domain.person.preflight_words import FINDINGS, ON_PREMISES_ERROR, UNKNOWNS
from shared.ports.operations import Operation
from shared.ports.preflights import PreflightQuestion
from shared.ports.world import World

_UNANSWERED = "unanswered"
_SILENCE = (
    "No worker has answered in time. See in its log whether one runs; "
    "one of before this version sets such questions aside: update it."
)
_SOME = (
    "The worker has not answered about all of them in time. See in its log what keeps it, "
    "and check the others again."
)


async def describe_check(check: str, world: World, now: datetime) -> PeopleCheckView | None:
    """Tells how a check stands and what it has found; None where there is no such check."""
    # First whether more are to come: whatever was asked by then is among what is read after it.
    asking = await _asking(check, world)
    questions = await world.preflights.questions(check)
    if not questions:
        return _nobody_yet(asking) if asking else None
    people = sum(len(one.people) for one in questions)
    tally = await _tally(questions, world)
    unanswered = people - tally.people
    grows = asking is not None and asking.state is OperationState.QUEUED
    over = not grows and (unanswered == 0 or all(now >= one.expires_at for one in questions))
    return PeopleCheckView(
        check=check,
        asked_at=questions[0].asked_at,
        expires_at=max(one.expires_at for one in questions),
        over=over,
        people=people,
        refused=tally.verdicts.get(Verdict.REFUSED, 0),
        unknown=tally.verdicts.get(Verdict.UNKNOWN, 0),
        fine=tally.verdicts.get(Verdict.FINE, 0),
        unanswered=unanswered,
        findings=_finding_counts(tally.findings),
        unknowns=_unknown_counts(tally.unknown),
        advice=_advice(asking, _silence(questions) if over and unanswered else None),
    )


async def _tally(questions: Sequence[PreflightQuestion], world: World) -> Tally:
    """Adds up what came of each question; counts the people of those that nobody has counted."""
    counted = [one.counted for one in questions if one.counted]
    before = [one for one in questions if one.counted is None and one.answered_at and one.people]
    found = await _answers(before, world) if before else {}
    return Tally.sum([*counted, Tally.of(found.values())])


async def _asking(check: str, world: World) -> Operation | None:
    """Returns the operation that asks about a large plan's people, under the check's own key."""
    operation = await world.operations.find(check)
    return operation if operation and isinstance(operation.order, CheckOrder) else None


def _advice(asking: Operation | None, silence: str | None) -> str | None:
    held_up = asking.problem if asking else ""
    return held_up or silence


def _silence(questions: Iterable[PreflightQuestion]) -> str:
    return _SOME if any(one.answered_at and one.people for one in questions) else _SILENCE


def _nobody_yet(asking: Operation) -> PeopleCheckView:
    return PeopleCheckView(
        check=asking.key,
        asked_at=asking.requested_at,
        expires_at=asking.requested_at + LONGEST_QUESTION,
        over=asking.state is not OperationState.QUEUED,
        people=0,
        refused=0,
        unknown=0,
        fine=0,
        unanswered=0,
        advice=asking.problem or None,
    )


async def list_checked(check: str, page: int, world: World) -> CheckedPeople | None:
    """Lists a page of a check's people, counted from 0; None where there is no such check."""
    questions = await world.preflights.questions(check)
    if not questions:
        return None
    here = questions[page : page + 1]
    found = await _answers(here, world)
    keys = [key for one in here for key in one.people]
    known = await world.ledger.load(keys)
    return CheckedPeople(
        people=tuple(_person(key, found.get(key), known.get(key)) for key in keys),
        next_page=page + 1 if page + 1 < len(questions) else None,
    )


async def _answers(questions: Sequence[PreflightQuestion], world: World) -> Mapping[str, Preflight]:
    """Returns what was found of those whose question was answered.

    Of the others there may be findings of an earlier look, which is no answer to this one.
    """
    answered = {key: one.asked_at for one in questions if one.answered_at for key in one.people}
    found = await world.preflights.find(answered)
    return {key: one for key, one in found.items() if one.seen_at >= answered[key]}


def _person(key: str, found: Preflight | None, known: Enrolment | None) -> CheckedPerson:
    return CheckedPerson(
        key=key,
        user_principal_name=known.user.user_principal_name if known else None,
        verdict=found.verdict if found else _UNANSWERED,
        seen_at=found.seen_at if found else None,
        worker=found.worker if found else None,
        findings=tuple(map(finding_view, found.findings)) if found else (),
        unknown=tuple(map(unknown_view, found.unknown)) if found else (),
    )


def finding_view(finding: Finding) -> FindingView:
    """Returns a finding as operators see it."""
    words, refuses = FINDINGS[finding], finding in REFUSING
    return FindingView(
        word=finding,
        refuses=refuses,
        passes=finding in PASSING,
        text=words.text,
        remedy=words.remedy,
        event=words.event,
        code=ON_PREMISES_ERROR if refuses else None,
        source=words.source,
    )


def unknown_view(unknown: Unknown) -> UnknownView:
    """Returns what is not known as operators see it."""
    return UnknownView(word=unknown, text=UNKNOWNS[unknown])


def _finding_counts(counts: Mapping[Finding, int]) -> tuple[FindingCount, ...]:
    return tuple(
        FindingCount(finding=finding_view(word), people=counts[word])
        for word in _most_first(Finding, counts)
    )


def _unknown_counts(counts: Mapping[Unknown, int]) -> tuple[UnknownCount, ...]:
    return tuple(
        UnknownCount(unknown=unknown_view(word), people=counts[word])
        for word in _most_first(Unknown, counts)
    )


def _most_first[W](words: Iterable[W], counts: Mapping[W, int]) -> list[W]:
    return sorted((word for word in words if counts.get(word)), key=lambda word: -counts[word])
