"""By hand: an operator includes or excludes one person, whatever the waves say."""

from collections.abc import Callable, Sequence
from datetime import datetime

from shared.domain.errors import NotPossible
from shared.domain.person.enrolment import Cause, CauseKind, Enrolment, Exclusion
from shared.domain.person.membership import found
from shared.domain.person.overrides import keep_out, let_go, let_in, take_out_all_the_same
from shared.domain.person.people import Candidate, Identifier
from shared.domain.person.reasons import Reason
from shared.ports.world import World
from shared.use_cases.known_memberships import known_memberships
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.recording import save_people

_BARRED = "an operator keeps this person out for good; sspr release --never takes that back"

type Decide = Callable[[Enrolment | None], Enrolment | None]


async def include(
    identity: str,
    world: World,
    now: datetime,
    *,
    actor: str,
    reason: str,
    until: datetime | None = None,
) -> Sequence[Enrolment]:
    """Has a person put in; whoever is not eligible is shown as excluded, with the reason.

    Raises:
        NotPossible: nobody, or more than one, is known by that name in Entra.
        DirectoryUnavailable, LedgerConflict: try again.
    """
    candidate = await _find(identity, world)
    policy = await policy_in_force(world)
    cause = Cause(CauseKind.OVERRIDE, reason, actor)

    def decide(current: Enrolment | None) -> Enrolment | None:
        if current and current.is_barred:
            raise NotPossible(_BARRED)
        return let_in(candidate, cause, current, policy, now, until=until)

    return await _save(
        candidate,
        decide,
        world,
        now,
        actor=actor,
    )


async def exclude(
    identity: str,
    world: World,
    now: datetime,
    *,
    actor: str,
    reason: str,
    until: datetime | None = None,
    for_good: bool = False,
    take_out: bool = False,
) -> Sequence[Enrolment]:
    """Keeps a person out, and takes them out if they are in; raises as `include` does.

    Args:
        identity: Whom it means.
        world: Where to.
        now: The time, in UTC.
        actor: Who says so.
        reason: Why.
        until: When it ceases to hold; None for never.
        for_good: Whether nothing but an operator's opposite word ever lifts it.
        take_out: Whether they are taken out even where somebody else put them in.
    """
    candidate = await _find(identity, world)
    policy = await policy_in_force(world)
    why = Reason.EXCLUDED_FOR_GOOD if for_good else Reason.EXCLUDED_BY_OPERATOR
    exclusion = Exclusion(why, actor, reason, until)
    is_member = world.tenant_rules.scope_group_id in candidate.memberships.group_ids

    def decide(current: Enrolment | None) -> Enrolment:
        known = current
        if known is None and is_member:
            known = found(candidate.person, world.tenant_rules, now, actor=actor)
        kept_out = keep_out(candidate.person, known, exclusion, policy, now)
        if take_out and is_member:
            return take_out_all_the_same(candidate.person, kept_out, world.tenant_rules, now)
        return kept_out

    return await _save(
        candidate,
        decide,
        world,
        now,
        actor=actor,
    )


async def release(
    identity: str,
    world: World,
    now: datetime,
    *,
    actor: str,
    reason: str,
    for_good: bool = False,
) -> Sequence[Enrolment]:
    """Forgets what was said by hand; the next reconciliation decides. Raises as `include` does.

    That somebody is kept out for good is forgotten only with `for_good`.
    """
    candidate = await _find(identity, world)

    def decide(current: Enrolment | None) -> Enrolment | None:
        if current is None:
            return None
        if current.is_barred and not for_good:
            raise NotPossible(_BARRED)
        return let_go(current, for_good=for_good).noted(Reason.RELEASED, now, detail=reason)

    return await _save(candidate, decide, world, now, actor=actor)


async def _find(identity: str, world: World) -> Candidate:
    identifier = Identifier.parse(identity)
    people = (await world.directory.find_people([identifier]))[identifier]
    if len(people) != 1:
        known = "more than one person" if people else "nobody"
        raise NotPossible(f"{known} is known by that name in Entra; name one by object id")
    object_id = people[0].object_id
    memberships = await known_memberships([object_id], world.directory)
    return Candidate(people[0], memberships[object_id])


async def _save(
    candidate: Candidate, decide: Decide, world: World, now: datetime, *, actor: str
) -> Sequence[Enrolment]:
    saved = await save_people(
        world,
        [candidate.person.object_id],
        lambda _, current: decide(current),
        actor=actor,
        now=now,
    )
    return list(saved.values())
