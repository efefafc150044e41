"""Resume those who wait: a hire date that has come, a directory that may know them by now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from shared.domain.person.enrolment import CauseKind, Claim, Enrolment, State
from shared.domain.person.membership import take
from shared.domain.person.people import Identifier, IdentifierKind
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Request
from shared.ports.world import World
from shared.use_cases.onboarding.enroll import enroll_requests
from shared.use_cases.recording import save_people

ACTOR = "clock"
_ORDER = (CauseKind.EVENT, CauseKind.OVERRIDE, CauseKind.NEW_HIRE, CauseKind.WAVE)
_OF_THE_ROLLOUT = frozenset({CauseKind.NEW_HIRE, CauseKind.WAVE})


async def resume_waiting(world: World, now: datetime) -> int:
    """Asks again for everybody whose time has come, and returns how many they were."""
    due = await world.ledger.in_state([State.WAITING], due_before=now)
    await ask_again(due, world, now)
    return len(due)


async def ask_again(
    due: Sequence[Enrolment],
    world: World,
    now: datetime,
    listed: Mapping[str, Request] = MappingProxyType({}),
) -> None:
    """Asks again for these people, who wait.

    `listed` are requests that list them, by their keys: the day that they say now is the one to
    wait for. Someone whom only the rollout wants is asked for only while it widens; someone whom
    nothing wants any more no longer waits, nor does somebody whose last day is over by now.
    """
    stored = await world.rollouts.current() if due else None
    widens = stored is not None and stored.rollout.widens
    given_up = {one.key for one in due if _why_given_up(one, now)}
    left = [one for one in due if one.key not in given_up]
    asking = {one.key: _asking(one, now, widens=widens) for one in left}
    await enroll_requests(
        [_again(one, claim, listed.get(one.key)) for one in left if (claim := asking[one.key])],
        world,
        now,
    )

    def decide(_: str, current: Enrolment | None) -> Enrolment | None:
        # Somebody may have asked for them since they were read.
        reason = _why_given_up(current, now) if current else None
        return take(current, reason, now) if current and reason else current

    await save_people(world, given_up, decide, actor=ACTOR, now=now)


def _why_given_up(enrolment: Enrolment, now: datetime) -> Reason | None:
    """Returns why somebody who waits is asked for no more; None while they wait.

    What keeps them out may have begun only now: a last day that is over. The message of that day
    may be lost, or late, and is not needed for it.
    """
    if enrolment.state is not State.WAITING:
        return None
    if keeping := enrolment.kept_out_by(now):
        return keeping.reason
    over = all(claim.is_over(now) for claim in enrolment.claims)
    return Reason.NO_LONGER_WANTED if over else None


def _asking(enrolment: Enrolment, now: datetime, *, widens: bool) -> Claim | None:
    """Returns the claim in whose name the person is asked for again, or None if none counts now."""
    for kind in _ORDER:
        claim = enrolment.claim(kind)
        if claim and not claim.is_over(now) and (widens or kind not in _OF_THE_ROLLOUT):
            return claim
    return None


def _again(enrolment: Enrolment, claim: Claim, listed: Request | None) -> Request:
    object_id = enrolment.user.object_id
    asked_at, day = enrolment.event_time, enrolment.effective_date
    if listed and _says_another_day(listed, enrolment, claim):
        asked_at, day = listed.occurred_at, listed.effective_date
    return Request(
        key=claim.cause.reference,
        action=Action.ONBOARD,
        identifier=Identifier(IdentifierKind.OBJECT_ID, object_id)
        if object_id
        else Identifier.parse(enrolment.key),
        also=_other_name(enrolment),
        occurred_at=asked_at,
        cause=claim.cause,
        effective_date=day,
        until=claim.until,
        is_repeated=True,
    )


def _says_another_day(listed: Request, enrolment: Enrolment, claim: Claim) -> bool:
    """Tells whether a listing knows better when somebody begins whom an event has asked for."""
    is_of_event = claim.cause.kind is CauseKind.EVENT
    is_news = listed.occurred_at >= enrolment.event_time
    return is_of_event and is_news and listed.effective_date is not None


def _other_name(enrolment: Enrolment) -> Identifier | None:
    """Returns the employee id of somebody who was asked for by their UPN as well, and waits."""
    user = enrolment.user
    if user.object_id or not user.user_principal_name or not user.employee_id:
        return None
    return Identifier(IdentifierKind.EMPLOYEE_ID, user.employee_id)
