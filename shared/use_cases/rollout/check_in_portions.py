"""Check in portions: the people whom a plan would add, some thousands at a time."""

from collections.abc import AsyncIterator, Container, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.api.check_views import CheckAsked
from shared.contracts.api.operation_orders import CheckOrder
from shared.contracts.api.words import PlanAction
from shared.contracts.messages.directory_question import LONGEST_QUESTION, MOST_ASKED
from shared.domain.person.people import Identifier, IdentifierKind
from shared.ports.operations import Operation
from shared.ports.world import World
from shared.use_cases.check_people import Asking, ToCheck, ask

PORTION = 5_000
"""People who are looked up, asked about and let go of before the next ones."""
_PARTS = PORTION // MOST_ASKED


async def check_in_portions(
    order: CheckOrder, operation: Operation, world: World, now: datetime
) -> CheckAsked:
    """Asks the worker about everybody whom the plan would add; the check has the operation's key.

    Delivered again after a crash it goes on: what was answered is not asked again.

    Raises:
        DirectoryUnavailable, ServiceUnavailable: to be tried again.
    """
    questions = await world.preflights.questions(operation.key)
    answered = {one.part for one in questions if one.answered_at}
    return await ask_about_plan(
        order.plan,
        asking_for(operation.key, operation.actor, now, LONGEST_QUESTION),
        world,
        answered=answered,
    )


def asking_for(check: str, actor: str, now: datetime, within: timedelta) -> Asking:
    """Returns what all questions of such a check have in common."""
    return Asking(check=check, asked_at=now, expires_at=now + within, actor=actor)


@dataclass(frozen=True, slots=True)
class _Portion:
    """Some of a plan's people, as Entra knows them."""

    synced: Sequence[ToCheck]
    cloud: int


async def ask_about_plan(
    fingerprint: str, asking: Asking, world: World, *, answered: Container[int] = ()
) -> CheckAsked:
    """Looks everybody up whom a plan would add, and asks the worker about those of AD.

    Raises:
        DirectoryUnavailable: Graph could not be asked who they are.
        ServiceUnavailable: the ledger or the queue is away.
    """
    asked = cloud = number = 0
    async for added in _added(fingerprint, world):
        portion = await _look_up(added, world)
        if portion.synced:
            await ask(portion.synced, asking, world, first=number * _PARTS, answered=answered)
        asked, cloud, number = asked + len(portion.synced), cloud + portion.cloud, number + 1
    return CheckAsked(check=asking.check if asked else None, asked=asked, cloud=cloud)


async def _look_up(object_ids: Sequence[str], world: World) -> _Portion:
    asked = [Identifier(IdentifierKind.OBJECT_ID, one) for one in object_ids]
    found = await world.directory.find_people(asked)
    people = [found[one][0] for one in asked if found.get(one)]
    synced = [ToCheck(one.object_id, one.ref) for one in people if one.synced]
    return _Portion(synced, len(people) - len(synced))


async def _added(fingerprint: str, world: World) -> AsyncIterator[list[str]]:
    """Yields the object ids of those whom a plan would add, in portions."""
    waiting: list[str] = []
    page = 0
    while people := await world.plans.people(fingerprint, page):
        waiting += [person.object_id for person in people if person.action == PlanAction.ADD]
        while len(waiting) >= PORTION:
            yield waiting[:PORTION]
            waiting = waiting[PORTION:]
        page += 1
    if waiting:
        yield waiting
