"""Follow up: whoever was written is looked for in Entra, whoever does not move is chased."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import Registration, is_object_id
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import Reason
from shared.domain.person.registration import FOLLOWED, is_news
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.person.verification import Observation, verify
from shared.domain.signals import ResetsLost
from shared.ports.world import World
from shared.use_cases.in_turn import all_in_turn
from shared.use_cases.onboarding.adopt_arrivals import ACTOR, adopt_arrivals, find_arrivals
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.recording import nobody, save_people, whoever_changed
from shared.use_cases.signalling import emit
from shared.use_cases.write_control import is_held_up

_CHASED = frozenset(state for state in State if state.is_chased)
LOOK_UP_ONE_BY_ONE = 400
"""Up to so many people are asked for by name, 20 to a request; more, and the group is listed."""


async def follow_up(world: World, now: datetime) -> None:
    """Looks once at everybody who is on the way: from applied to visible, and at unanswered writes.

    That nobody can be told to have arrived keeps nobody else from being looked for.

    While everything that writes is stopped, or has only just begun again, nobody is late, and
    nothing is issued again: only what Entra shows is noted.

    Raises:
        DirectoryUnavailable, LedgerConflict: the next tick tries again.
        ExceptionGroup: both parts have failed.
    """
    await all_in_turn([lambda: _adopt(world, now), lambda: _look(world, now)])


async def _adopt(world: World, now: datetime) -> None:
    await adopt_arrivals(await find_arrivals(world), world, now)


async def _look(world: World, now: datetime) -> None:
    asked = await _to_look_for(world, now)
    members = await _members_among(asked, world) if asked else frozenset()
    policy = await policy_in_force(world)
    held_up = await is_held_up(world, now)
    for keys in await world.ledger.keys_in_state([State.APPLIED] if held_up else _CHASED):
        seen = {key: key in members for key in keys if key in asked}
        await _verify(keys & set(members) if held_up else keys, seen, policy, world, now)


async def _verify(
    keys: Collection[str], seen: Mapping[str, bool], policy: Policy, world: World, now: datetime
) -> None:
    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        seen_now = Observation(member=seen.get(key))
        return verify(current, seen_now, policy, now) if current else None

    await save_people(world, keys, decide, actor=ACTOR, now=now, queue=whoever_changed)


async def _to_look_for(world: World, now: datetime) -> Collection[str]:
    """Returns the object ids of those whose membership has been written, or is said to be gone.

    Whoever is flagged as put in by somebody else is looked for when it is due.
    """
    portions = await world.ledger.keys_in_state([State.APPLIED])
    wanted = {key for keys in portions for key in keys if is_object_id(key)}
    for keys in await world.ledger.keys_in_state([State.WITHDRAWING]):
        leaving = await world.ledger.load([key for key in keys if is_object_id(key)])
        wanted |= {key for key, one in leaving.items() if _is_to_look_for(one, now)}
    return wanted


def _is_to_look_for(leaving: Enrolment, now: datetime) -> bool:
    theirs = leaving.flag is Reason.MEMBERSHIP_NOT_OURS
    rests = theirs and leaving.due is not None and now < leaving.due
    return leaving.awaits_confirmation and not rests


async def _members_among(object_ids: Collection[str], world: World) -> Collection[str]:
    if len(object_ids) > LOOK_UP_ONE_BY_ONE:
        return await world.directory.scope_member_ids()
    memberships = await world.directory.memberships(object_ids)
    scope = world.tenant_rules.scope_group_id
    return {one for one, known in memberships.items() if scope in known.group_ids}


async def read_registrations(world: World, now: datetime) -> None:
    """Reads the registration report once, and follows whoever it says something new of.

    A registration is a present fact, so everybody in scope is compared; the few of whom the report
    says something else than is remembered are loaded and saved.

    Raises:
        DirectoryUnavailable, LedgerConflict: the next tick tries again.
    """
    in_states = (await world.ledger.totals()).by_state
    if not any(in_states.get(state) for state in FOLLOWED):
        return
    rules = await policy_in_force(world)
    report = await world.directory.registrations()

    def decide(key: str, current: Enrolment | None) -> Enrolment | None:
        if current is None or not current.state.is_seen:
            return current
        return verify(current, Observation(True, report.get(key)), rules, now)

    lost: Counter[Reason] = Counter()
    try:
        async for page in world.ledger.summaries():
            states = {
                one.key: one.state
                for one in page
                if _is_to_follow(one, report.get(one.key), rules, now)
            }
            if states:
                after = await save_people(
                    world, states.keys(), decide, actor=ACTOR, now=now, queue=nobody
                )
                lost += _newly_lost(states, after)
    finally:
        # Those who were saved are not told of by the next reading, whatever ended this one.
        emit(ResetsLost(reason=reason, people=people) for reason, people in sorted(lost.items()))


def _newly_lost(before: Mapping[str, State], after: Mapping[str, Enrolment]) -> Counter[Reason]:
    return Counter(
        after[key].reason
        for key, state in before.items()
        if state is not State.LOST and key in after and after[key].state is State.LOST
    )


def _is_to_follow(
    person: EnrolmentSummary, row: Registration | None, rules: Policy, now: datetime
) -> bool:
    # Whoever is visible may be late, whatever the report says or does not say.
    if person.state is State.VISIBLE:
        return True
    return row is not None and is_news(person.state, person.held, row, rules.resets, now.date())
