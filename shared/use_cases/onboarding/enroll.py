"""Enrol people: from requests to decisions in the ledger and keys for the writers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shared.domain.person.enrolment import Enrolment
from shared.domain.person.onboarding import decide
from shared.domain.person.people import Identifier
from shared.domain.person.policy import Policy
from shared.domain.person.request import Lookup, Request, key_of, who_is_meant
from shared.ports.world import World
from shared.use_cases.onboarding.adopt_arrivals import adopt_arrivals
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.recording import save_people

type _Names = tuple[Identifier, Identifier | None]


async def enroll_requests(
    requests: Sequence[Request], world: World, now: datetime, policy: Policy | None = None
) -> Sequence[Enrolment]:
    """Decides on every request, tells the writers, and returns everybody's enrolment."""
    if not requests:
        return []
    policy = policy or await policy_in_force(world)
    findings = await _find(requests, world)
    await adopt_arrivals([f.person for f in findings.values() if f.person], world, now)
    by_key: dict[str, list[Request]] = defaultdict(list)
    for request in sorted(requests, key=lambda one: one.occurred_at):
        by_key[key_of(request.identifier, findings[_names(request)])].append(request)

    def decide_all(key: str, current: Enrolment | None) -> Enrolment | None:
        for request in by_key[key]:
            current = decide(request, findings[_names(request)], current, policy, now)
        return current

    actor = requests[0].cause.actor if len({r.cause.actor for r in requests}) == 1 else "events"
    enrolled = await save_people(world, by_key, decide_all, actor=actor, now=now)
    return [enrolled[key_of(r.identifier, findings[_names(r)])] for r in requests]


def _names(request: Request) -> _Names:
    return request.identifier, request.also


async def _find(requests: Sequence[Request], world: World) -> Mapping[_Names, Lookup]:
    asked = {_names(request) for request in requests}
    people = await world.directory.find_people({name for names in asked for name in names if name})
    meant = {
        (name, also): who_is_meant(people[name], people[also] if also else (), also)
        for name, also in asked
    }
    single = {found.person.object_id for found in meant.values() if found.person}
    memberships = await world.directory.memberships(single)
    return {
        names: replace(found, memberships=memberships[found.person.object_id])
        if found.person and found.person.object_id in memberships
        else found
        for names, found in meant.items()
    }
