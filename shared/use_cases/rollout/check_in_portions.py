"""Check in portions: the people whom a plan would add, never more at once than a worker can take.

A worker holds what it takes off the queue until it is answered, and the broker gives what is held
for too long to it again. So few questions wait at a time; the operation comes again for the next.
"""

from collections.abc import AsyncIterator, Container, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched

from shared.contracts.api.check_views import CheckAsked
from shared.contracts.api.operation_orders import CheckOrder
from shared.contracts.api.words import PlanAction
from shared.contracts.messages.directory_question import LONGEST_QUESTION, MOST_ASKED
from shared.domain.errors import NotPossible
from shared.domain.person.people import Identifier, IdentifierKind
from shared.ports.operations import Operation
from shared.ports.preflights import PreflightQuestion
from shared.ports.world import World
from shared.use_cases.check_people import ANSWERED_WITHIN, Asking, Part, ToCheck, ask

MOST_OPEN = 20
"""Questions of one check that wait for their answers at a time."""
PORTION = MOST_OPEN * MOST_ASKED
"""People of whom all are asked about at once; of more, an operation asks."""
LONGEST_CHECK = timedelta(days=1)
"""A million people take some hours; whatever takes longer does not come to an end."""


async def check_in_portions(
    order: CheckOrder, operation: Operation, world: World, now: datetime
) -> CheckAsked | None:
    """Asks the next questions of a check, which has the operation's key; None: more are to come.

    The parts are cut from the plan, which stays as it is. So whatever ended it in between, it goes
    on with the parts that are neither answered nor waiting. One that nobody answers is asked again,
    for an hour in all.

    Raises:
        NotPossible: the worker does not answer.
        DirectoryUnavailable, ServiceUnavailable: to be tried again.
    """
    questions = await world.preflights.questions(operation.key)
    _refuse_to_wait(operation, questions, now)
    waiting = sum(one.is_open(now) for one in questions)
    settled = {one.part for one in questions if _is_settled(one, now)}
    wanted = MOST_OPEN - waiting
    parts = [part async for part in _parts(order.plan, settled, wanted, world)]
    if parts:
        first = {one.part: one.asked_at for one in questions}
        asking = asking_for(operation.key, operation.actor, now)
        await ask(await look_up(dict(parts), world), asking, world, first_asked=first)
    if parts or waiting:
        return None
    asked = sum(len(one.people) for one in questions)
    cloud = sum(one.cloud for one in questions)
    return CheckAsked(check=operation.key if asked else None, asked=asked, cloud=cloud)


def asking_for(check: str, actor: str, now: datetime) -> Asking:
    """Returns what questions of such a check have in common."""
    return Asking(check=check, asked_at=now, expires_at=now + ANSWERED_WITHIN, actor=actor)


async def parts_of(fingerprint: str, world: World) -> Mapping[int, Sequence[str]]:
    """Returns the object ids of those whom a small plan would add, by the number of their part."""
    return {number: ids async for number, ids in _parts(fingerprint, (), MOST_OPEN, world)}


async def look_up(parts: Mapping[int, Sequence[str]], world: World) -> dict[int, Part]:
    """Returns who of each part is to be asked about.

    Raises:
        DirectoryUnavailable: Graph could not be asked who they are.
    """
    asked = [Identifier(IdentifierKind.OBJECT_ID, one) for ids in parts.values() for one in ids]
    found = await world.directory.find_people(asked)
    people = {one.value: found[one][0] for one in asked if found.get(one)}
    looked_up = {}
    for number, ids in parts.items():
        here = [people[one] for one in ids if one in people]
        synced = tuple(ToCheck(one.object_id, one.ref) for one in here if one.synced)
        looked_up[number] = Part(synced, cloud=len(here) - len(synced))
    return looked_up


def _is_settled(question: PreflightQuestion, now: datetime) -> bool:
    answered = question.answered_at is not None
    return answered or question.is_open(now) or _is_lost(question, now)


def _is_lost(question: PreflightQuestion, now: datetime) -> bool:
    """Tells whether it was asked for as long as anything may be asked, and not answered."""
    return question.answered_at is None and now >= question.asked_at + LONGEST_QUESTION


def _refuse_to_wait(
    operation: Operation, questions: Sequence[PreflightQuestion], now: datetime
) -> None:
    lost = sum(len(one.people) for one in questions if _is_lost(one, now))
    so_far = sum(len(one.people) for one in questions if one.answered_at)
    if sum(_is_lost(one, now) for one in questions) >= MOST_OPEN:
        raise NotPossible(
            f"no worker has answered about {lost:,} people for an hour, nobody more is asked about "
            f"({so_far:,} were answered); see in its log whether one runs, and check again"
        )
    if now >= operation.requested_at + LONGEST_CHECK:
        raise NotPossible(
            f"the check has taken a day, nobody more is asked about ({so_far:,} were answered); "
            "see in the worker's log what keeps it, and check again"
        )


async def _parts(
    fingerprint: str, without: Container[int], most: int, world: World
) -> AsyncIterator[tuple[int, Sequence[str]]]:
    """Yields the first parts but those, each with its number and whom the plan would add."""
    if most <= 0:
        return
    left = most
    async for number, ids in _all_parts(fingerprint, world):
        if number in without:
            continue
        yield number, ids
        left -= 1
        if not left:
            return


async def _all_parts(fingerprint: str, world: World) -> AsyncIterator[tuple[int, Sequence[str]]]:
    waiting: list[str] = []
    page = number = 0
    while people := await world.plans.people(fingerprint, page):
        waiting += [person.object_id for person in people if person.action == PlanAction.ADD]
        whole = len(waiting) - len(waiting) % MOST_ASKED
        for ids in batched(waiting[:whole], MOST_ASKED, strict=True):
            yield number, ids
            number += 1
        waiting = waiting[whole:]
        page += 1
    if waiting:
        yield number, waiting
