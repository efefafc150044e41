"""Resume those who wait: a hire date that has come, a directory that may know them by now."""

from datetime import datetime

from shared.domain.enrolment import Enrolment, State
from shared.domain.onboarding import Action, Request
from shared.domain.people import Identifier, IdentifierKind
from shared.ports import World
from shared.use_cases.enroll import enroll_requests


async def resume_waiting(world: World, now: datetime) -> int:
    """Ask again for everybody whose time has come; answers with how many they were."""
    due = await world.ledger.in_state([State.WAITING], due_before=now)
    await enroll_requests([_again(enrolment) for enrolment in due], world, now)
    return len(due)


def _again(enrolment: Enrolment) -> Request:
    object_id = enrolment.user.object_id
    return Request(
        key=enrolment.cause.reference,
        action=Action.ONBOARD,
        identifier=Identifier(IdentifierKind.OBJECT_ID, object_id)
        if object_id
        else Identifier.parse(enrolment.key),
        occurred_at=enrolment.event_time,
        cause=enrolment.cause,
        effective_date=enrolment.effective_date,
    )
