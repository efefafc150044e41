"""Adopt arrivals: people enrolled before they were in Entra get their object id."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from shared.domain.person.enrolment import Enrolment
from shared.domain.person.people import Candidate, Identifier, Person
from shared.domain.person.request import meant
from shared.domain.person.verification import adopt, is_arrival_of, joined_on_arrival
from shared.ports.world import World
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.recording import save_arrival

ACTOR = "clock"


async def adopt_arrivals(
    people: Collection[Person], world: World, now: datetime
) -> Sequence[Enrolment]:
    """Moves the provisional enrolments of these people under their object ids, and returns them."""
    if not people:
        return []
    arrivals = [
        (provisional, person)
        for provisional in await world.ledger.provisional()
        for person in people
        if is_arrival_of(provisional, person)
    ]
    if not arrivals:
        return []
    policy = await policy_in_force(world)
    memberships = await world.directory.memberships({p.object_id for _, p in arrivals})
    adopted: list[Enrolment] = []
    for provisional, person in arrivals:
        if person.object_id not in memberships:
            continue
        candidate = Candidate(person, memberships[person.object_id])
        arrived = adopt(provisional, person, candidate.memberships, policy, now)
        join = partial(joined_on_arrival, candidate=candidate, policy=policy)
        adopted.append(
            await save_arrival(world, provisional, arrived, actor=ACTOR, now=now, join=join)
        )
    return adopted


async def find_arrivals(world: World) -> Sequence[Person]:
    """Finds those enrolled provisionally who are in Entra now and can be told apart from others."""
    provisional = await world.ledger.provisional()
    sids = {e.user.sid for e in provisional if e.user.sid}
    anchors = {e.user.source_anchor for e in provisional if e.user.source_anchor and not e.user.sid}
    by_sid = await world.directory.find_by_sid(sids) if sids else {}
    by_anchor = await world.directory.find_by_source_anchor(anchors) if anchors else {}
    names = {Identifier.parse(e.key) for e in provisional if not _is_found(e)}
    by_name = await world.directory.find_people(names) if names else {}
    named = [found[0] for found in map(meant, by_name.values()) if len(found) == 1]
    people = (*by_sid.values(), *by_anchor.values(), *named)
    return list({one.object_id: one for one in people}.values())


def _is_found(provisional: Enrolment) -> bool:
    """Tells whether the worker has found the account, so that a name alone no longer decides."""
    return bool(provisional.user.sid or provisional.user.source_anchor)
