"""Check people: ask the worker whether resets would be written back, and keep what it finds."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from types import MappingProxyType

from shared.contracts.api.check_views import CheckAsked, NamedPerson
from shared.contracts.api.words import NamedStanding
from shared.contracts.messages.contract import by_our_clock
from shared.contracts.messages.directory_answer import DirectoryAnswer, PersonFindings
from shared.contracts.messages.directory_command import CommandMember
from shared.contracts.messages.directory_question import MOST_ASKED, DirectoryQuestion
from shared.domain.person.answers import Standing
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.people import UserRef
from shared.domain.person.preflight import Finding, Preflight, in_order
from shared.domain.person.reasons import Reason
from shared.domain.signals import AnswersIgnored
from shared.ports.preflights import PreflightQuestion
from shared.ports.world import World
from shared.use_cases.named_people import NamedPeople, find_named
from shared.use_cases.signalling import emit

ANSWERED_WITHIN = timedelta(minutes=15)
"""For so long a question waits for a worker; after that nobody answers it any more."""


@dataclass(frozen=True, slots=True)
class ToCheck:
    """Somebody whose account is to be looked at."""

    key: str
    """In the ledger: the object id, or that of somebody who is not in Entra yet."""
    user: UserRef


async def check_named(
    names: Sequence[str], world: World, now: datetime, *, actor: str
) -> CheckAsked:
    """Asks the worker about everybody whom these names mean; tells of whom it is not asked.

    Raises:
        DirectoryUnavailable: Graph could not be asked who they are.
        ServiceUnavailable: the ledger or the queue is away; ask again.
    """
    meant = await find_named(names, world)
    named = [person for name, found in meant.items() for person in _named(name, found)]
    people = [person for person, to_check in named if to_check is None]
    asked = [(person, to_check) for person, to_check in named if to_check is not None]
    check = await ask_about([one for _, one in asked], world, now, actor=actor) if asked else None
    return CheckAsked(
        check=check,
        asked=len({one.key for _, one in asked}),
        named=(*(person for person, _ in asked), *people),
        cloud=sum(person.standing == NamedStanding.CLOUD for person in people),
    )


def _named(name: str, found: NamedPeople) -> Iterator[tuple[NamedPerson, ToCheck | None]]:
    """Yields everybody whom a name means, with what to ask about them; None: nothing.

    Of those who are not in Entra yet the worker is asked by the name that they came with.
    """
    for person in found.in_entra:
        standing = NamedStanding.ASKED if person.synced else NamedStanding.CLOUD
        to_check = ToCheck(person.object_id, person.ref) if person.synced else None
        yield _named_person(name, person.object_id, person.ref, standing), to_check
    if found.in_entra:
        return
    for awaited in found.known:
        yield (
            _named_person(name, awaited.key, awaited.user, NamedStanding.ASKED),
            ToCheck(awaited.key, awaited.user),
        )
    if not found.known:
        yield NamedPerson(name=name, key=None, standing=NamedStanding.NOBODY), None


def _named_person(name: str, key: str, user: UserRef, standing: NamedStanding) -> NamedPerson:
    return NamedPerson(
        name=name, key=key, user_principal_name=user.user_principal_name, standing=standing
    )


async def ask_about(people: Sequence[ToCheck], world: World, now: datetime, *, actor: str) -> str:
    """Asks the worker about these people; returns the key by which the answers are found.

    At least one of them, each with a SID, source anchor, UPN or employee id. Asked twice at one
    moment it is one check.

    Raises:
        ServiceUnavailable: the ledger or the queue is away; ask again.
    """
    said = "\n".join([now.isoformat(), actor, *dict.fromkeys(one.key for one in people)])
    asking = Asking(
        check=hashlib.sha256(said.encode()).hexdigest()[:24],
        asked_at=now,
        expires_at=now + ANSWERED_WITHIN,
        actor=actor,
    )
    once = {person.key: person for person in people}
    parts = batched(once.values(), MOST_ASKED, strict=False)
    await ask({number: Part(part) for number, part in enumerate(parts)}, asking, world)
    return asking.check


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What the questions of one check have in common."""

    check: str
    asked_at: datetime
    expires_at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class Part:
    """Whom one question asks about."""

    people: Sequence[ToCheck]
    cloud: int = 0
    """So many of the part are of the cloud, and not asked about."""


async def ask(
    parts: Mapping[int, Part],
    asking: Asking,
    world: World,
    *,
    first_asked: Mapping[int, datetime] = MappingProxyType({}),
) -> None:
    """Asks the worker about the people of each part, by its number in the check.

    A part without anybody counts as answered.

    Args:
        parts: Each with at most as many people as a question takes.
        asking: For which check.
        world: Where to.
        first_asked: When those parts were asked first that are asked again.

    Raises:
        ServiceUnavailable: the ledger or the queue is away; ask again.
    """
    questions = [
        PreflightQuestion(
            check=asking.check,
            part=number,
            people=tuple(person.key for person in part.people),
            asked_at=first_asked.get(number, asking.asked_at),
            expires_at=asking.expires_at,
            actor=asking.actor,
            answered_at=None if part.people else asking.asked_at,
            cloud=part.cloud,
        )
        for number, part in parts.items()
    ]
    sent = [_message(one, parts[one.part].people) for one in questions if one.people]
    if questions:
        # The ledger first: an answer is taken only to what was asked.
        await world.preflights.ask(questions)
        await world.outbox.send_questions(sent)


def _message(question: PreflightQuestion, people: Sequence[ToCheck]) -> DirectoryQuestion:
    return DirectoryQuestion(
        question_key=question.key,
        people=tuple(map(_member, people)),
        asked_at=question.asked_at,
        expires_at=question.expires_at,
    )


def _member(person: ToCheck) -> CommandMember:
    user = person.user
    known = bool(user.sid or user.source_anchor)
    return CommandMember(
        key=person.key,
        source_anchor=user.source_anchor,
        sid=user.sid,
        user_principal_name=None if known else user.user_principal_name,
        employee_id=None if known else user.employee_id,
    )


async def record_answers(answers: Sequence[DirectoryAnswer], world: World, now: datetime) -> None:
    """Keeps what was found about those who were asked about, and nothing of anybody else.

    A copy of an answer changes nothing.
    """
    ignored = 0
    for answer in answers:
        question = await world.preflights.question(answer.question_key)
        if question is None:
            ignored += len(answer.people)
        elif question.answered_at is None:
            asked = set(question.people)
            mine = [one for one in answer.people if one.key in asked]
            ignored += len(answer.people) - len(mine)
            await _record(question, answer, mine, world, now)
    if ignored:
        emit([AnswersIgnored(why=Standing.UNASKED, answers=ignored)])


async def _record(
    question: PreflightQuestion,
    answer: DirectoryAnswer,
    mine: Sequence[PersonFindings],
    world: World,
    now: datetime,
) -> None:
    seen_at = max(by_our_clock(answer.answered_at, now), question.asked_at)
    known = await world.ledger.load([one.key for one in mine])
    found = [
        Preflight(
            key=one.key,
            seen_at=seen_at,
            worker=answer.worker,
            findings=in_order(_completed(one, known.get(one.key)), Finding),
            unknown=one.unknown,
        )
        for one in mine
    ]
    await world.preflights.answered(question, found, now)


def _completed(found: PersonFindings, known: Enrolment | None) -> tuple[Finding, ...]:
    """Adds what only this side can tell: in AD, and not in Entra when it was time."""
    never_came = known and known.is_provisional and known.reason is Reason.NOT_SYNCED
    if never_came and Finding.NOT_FOUND not in found.findings:
        return (*found.findings, Finding.OUT_OF_SYNC_SCOPE)
    return found.findings
