"""Take onboarding events off the queue: enrol people, or look again at those who wait."""

from collections.abc import Sequence
from datetime import datetime

from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Request
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.message import Message
from shared.use_cases.onboarding.enroll import enroll_requests
from shared.use_cases.onboarding.look_again import look_again
from shared.use_cases.onboarding.read_events import read_events
from shared.use_cases.recording import keep_refusals


async def take_events(messages: Sequence[Message], world: World, now: datetime) -> None:
    """Takes a batch of onboarding events; those that cannot be understood are refused and kept.

    Raises:
        DirectoryUnavailable, LedgerConflict: all of them are to be taken again.
    """
    requests, refused = read_events(messages, now)
    asking = [one for one in requests if one.action is not Action.LOOK_AGAIN]
    hints = [one for one in requests if one.action is Action.LOOK_AGAIN]
    enrolled = await enroll_requests(asking, world, now)
    # Whom the same batch asks for has been looked up just now; the others have been waiting.
    waited = await look_again(hints, world, now)
    accepted = [
        _receipt(request, enrolment, now)
        for request, enrolment in [
            *zip(asking, enrolled, strict=True),
            *zip(hints, waited, strict=True),
        ]
    ]
    await world.ledger.record_receipts(accepted)
    await keep_refusals(refused, world)


def _receipt(request: Request, enrolment: Enrolment | None, now: datetime) -> Receipt:
    return Receipt(
        key=request.key,
        queue=ONBOARDING_EVENTS,
        at=now,
        outcome=_outcome(request, enrolment),
        person_key=enrolment.key if enrolment else None,
    )


def _outcome(request: Request, enrolment: Enrolment | None) -> Reason:
    """Returns what the event did.

    It stays the same when the event is delivered again and the person is further.
    """
    if enrolment is None:
        return Reason.NOBODY_WAITS
    step = enrolment.step_of(request.key)
    return step.reason if step else enrolment.reason
