"""Enrol people: from requests to decisions in the ledger and keys for the writers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from shared.domain.person.enrolment import Enrolment
from shared.domain.person.event_history import take_event
from shared.domain.person.onboarding import decide
from shared.domain.person.people import Identifier, Memberships
from shared.domain.person.policy import Policy
from shared.domain.person.request import Lookup, Request, key_of, who_is_meant
from shared.ports.world import World
from shared.use_cases.onboarding.adopt_arrivals import adopt_arrivals
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.recording import save_people

type _Names = tuple[Identifier, Identifier | None]


@dataclass(frozen=True, slots=True)
class Considered:
    """Requests, whom each means, and the rules by which they are decided."""

    requests: Sequence[Request]
    by_key: Mapping[str, Sequence[Request]]
    """By the person's key, in the order in which they happened."""
    policy: Policy
    findings: Mapping[_Names, Lookup]
    of_events: bool = False
    """Whether these are events, each of which is remembered, so that it can be forgotten."""
    unsaid: AbstractSet[Request] = frozenset()
    """Of whom Entra does not say which groups they are in, so that nothing can be decided yet."""

    def key_of(self, request: Request) -> str:
        """Returns the key of whom the request means."""
        return key_of(request.identifier, self.findings[_names(request)])

    def decide(self, request: Request, current: Enrolment | None, now: datetime) -> Enrolment:
        """Decides the person's enrolment after the request."""
        decides = take_event if self.of_events else decide
        return decides(request, self.findings[_names(request)], current, self.policy, now)

    def without(self, held: AbstractSet[Request]) -> Self:
        """Returns the same without these requests."""
        left = [one for one in self.requests if one not in held]
        by_key = {
            key: kept
            for key, requests in self.by_key.items()
            if (kept := [one for one in requests if one not in held])
        }
        return replace(self, requests=left, by_key=by_key)


async def enroll_requests(
    requests: Sequence[Request], world: World, now: datetime
) -> Sequence[Enrolment]:
    """Decides on every request, tells the writers, and returns everybody's enrolment.

    Left out is for whom Entra does not say yet which groups they are in: ask again.
    """
    if not requests:
        return []
    policy = await policy_in_force(world)
    considered = await consider(requests, policy, world, now)
    return await enroll(considered.without(considered.unsaid), world, now)


async def consider(
    requests: Sequence[Request],
    policy: Policy,
    world: World,
    now: datetime,
    *,
    of_events: bool = False,
) -> Considered:
    """Finds out whom the requests mean; whoever has arrived since gets their object id."""
    meant = await _whom(requests, world) if requests else {}
    people = {found.person.object_id: found.person for found in meant.values() if found.person}
    memberships = await world.directory.memberships(people)
    findings = {names: _with(found, memberships) for names, found in meant.items()}
    await adopt_arrivals(list(people.values()), world, now)
    by_key: dict[str, list[Request]] = defaultdict(list)
    for request in sorted(requests, key=lambda one: one.occurred_at):
        by_key[key_of(request.identifier, findings[_names(request)])].append(request)
    unsaid = people.keys() - memberships.keys()
    undecided = {key: of for key, of in by_key.items() if key in unsaid}
    return Considered(
        requests,
        by_key,
        policy,
        findings,
        of_events,
        unsaid={one for asked in undecided.values() for one in asked},
    )


async def enroll(considered: Considered, world: World, now: datetime) -> Sequence[Enrolment]:
    """Decides on every request, tells the writers, and returns everybody's enrolment."""
    if not considered.requests:
        return []

    def decide_all(key: str, current: Enrolment | None) -> Enrolment | None:
        for request in considered.by_key[key]:
            current = considered.decide(request, current, now)
        return current

    actors = {one.cause.actor for one in considered.requests}
    actor = actors.pop() if len(actors) == 1 else "events"
    enrolled = await save_people(world, considered.by_key, decide_all, actor=actor, now=now)
    return [enrolled[considered.key_of(one)] for one in considered.requests]


def _names(request: Request) -> _Names:
    return request.identifier, request.also


async def _whom(requests: Sequence[Request], world: World) -> Mapping[_Names, Lookup]:
    asked = {_names(request) for request in requests}
    people = await world.directory.find_people({name for names in asked for name in names if name})
    return {
        (name, also): who_is_meant(people[name], people[also] if also else (), also)
        for name, also in asked
    }


def _with(finding: Lookup, memberships: Mapping[str, Memberships]) -> Lookup:
    person = finding.person
    if person is None or person.object_id not in memberships:
        return finding
    return replace(finding, memberships=memberships[person.object_id])
