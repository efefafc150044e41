"""Follow up: whoever was written is looked for in Entra, whoever does not move is chased."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.people import is_object_id
from shared.domain.person.reasons import Reason
from shared.domain.person.verification import Observation, verify
from shared.ports.world import World
from shared.use_cases.in_turn import all_in_turn
from shared.use_cases.onboarding.adopt_arrivals import ACTOR, adopt_arrivals, find_arrivals
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.recording import save_people, whoever_changed
from shared.use_cases.write_control import is_held_up

_CHASED = frozenset(state for state in State if state.is_chased)
_AWAITED = (State.APPLIED, State.WITHDRAWING)
"""What was written, and Entra is to show."""
_NOT_LOOKED = Observation()
_MISSING = Observation(missing=True)
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
    chased = await world.ledger.keys_in_state(_CHASED)
    if not any(chased):
        return
    asked = await _to_look_for(world, now)
    seen = await _looks_at(asked, world) if asked else {}
    policy = await policy_in_force(world)
    held_up = await is_held_up(world, now)

    def follow(key: str, current: Enrolment | None) -> Enrolment | None:
        if current is None:
            return None
        after = verify(current, seen.get(key, _NOT_LOOKED), policy, now)
        return current if held_up and not _is_news(current, after) else after

    for keys in await world.ledger.keys_in_state(_AWAITED) if held_up else chased:
        looked_for = keys & asked if held_up else keys
        await save_people(world, looked_for, follow, actor=ACTOR, now=now, queue=whoever_changed)


def _is_news(current: Enrolment, after: Enrolment) -> bool:
    """Tells whether Entra shows what was written, in or out; all else is somebody being late."""
    if after.state is not current.state:
        return not after.state.is_to_write
    return after.steps != current.steps and after.steps[-1].reason is Reason.NOT_SHOWN


async def _to_look_for(world: World, now: datetime) -> AbstractSet[str]:
    """Returns the object ids of those whose membership has been written, or is said to be gone.

    Whoever is flagged as put in by somebody else is looked for when it is due, or once nothing
    keeps them out any more.
    """
    portions = await world.ledger.keys_in_state([State.APPLIED])
    wanted = {key for keys in portions for key in keys if is_object_id(key)}
    for keys in await world.ledger.keys_in_state([State.WITHDRAWING]):
        leaving = await world.ledger.load([key for key in keys if is_object_id(key)])
        wanted |= {key for key, one in leaving.items() if _is_to_look_for(one, now)}
    return wanted


def _is_to_look_for(leaving: Enrolment, now: datetime) -> bool:
    theirs = leaving.flag is Reason.MEMBERSHIP_NOT_OURS
    rests = theirs and leaving.due is not None and now < leaving.due and leaving.is_kept_out(now)
    return leaving.awaits_confirmation and not rests


async def _looks_at(object_ids: Collection[str], world: World) -> Mapping[str, Observation]:
    """Returns what Entra shows of each; of whom it knows nobody, nothing is said of membership."""
    if len(object_ids) > LOOK_UP_ONE_BY_ONE:
        members = await world.directory.scope_member_ids()
        return {one: Observation(member=one in members) for one in object_ids}
    known = await world.directory.memberships(object_ids)
    scope = world.tenant_rules.scope_group_id
    return {
        one: Observation(member=scope in known[one].group_ids) if one in known else _MISSING
        for one in object_ids
    }
