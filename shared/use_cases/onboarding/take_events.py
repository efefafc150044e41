"""Take onboarding events off the queue: enrol people, or look again at those who wait."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.errors import GroupsUnsaid
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Request
from shared.ports.ledger import Receipt
from shared.ports.world import World
from shared.use_cases.message import Message
from shared.use_cases.onboarding.door_proofs import mark_claimed
from shared.use_cases.onboarding.enroll import consider, enroll
from shared.use_cases.onboarding.hold_back import forget_let_through, hold_back
from shared.use_cases.onboarding.look_again import look_again
from shared.use_cases.onboarding.read_events import read_events
from shared.use_cases.policy_in_force import policy_in_force
from shared.use_cases.recording import keep_refusals

_LONGEST_WAIT = timedelta(days=30)
"""For which a message is put away; it comes again then, and is put away once more."""


async def take_events(messages: Sequence[Message], world: World, now: datetime) -> None:
    """Takes a batch of onboarding events; those that cannot be understood are refused and kept.

    Raises:
        DirectoryUnavailable, LedgerConflict: all of them are to be taken again.
    """
    policy = await policy_in_force(world)
    read = await mark_claimed(read_events(messages, now, policy.time_zone), world)
    messages_of = dict(zip(read.requests, read.messages, strict=True))
    hints = [one for one in read.requests if one.action.is_hint]
    asked = [one for one in read.requests if not one.action.is_hint]
    considered = await consider(asked, policy, world, now, of_events=True)
    if considered.unsaid:
        raise GroupsUnsaid(len(considered.unsaid))
    held = await hold_back(considered, messages_of, world, now)
    asking = [one for one in asked if one not in held]
    enrolled = await enroll(considered.without(held), world, now)
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
    await keep_refusals(read.refused, world)
    done = {one: message for one, message in messages_of.items() if one not in held}
    await _have_come_again(done, world, now)
    await forget_let_through(done, world)


async def _have_come_again(done: Mapping[Request, Message], world: World, now: datetime) -> None:
    """Puts the messages of those who leave later on the queue for then.

    The ledger has their last day as well, and reconciliation sees to it where there is a rollout.
    """
    for request, message in done.items():
        if ends := request.leaves_later(now):
            wait = min(ends - now, _LONGEST_WAIT)
            await world.outbox.return_messages(ONBOARDING_EVENTS, [message.returned()], wait)


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
        return Reason.LISTED if request.action is Action.LIST else Reason.NOBODY_WAITS
    record = enrolment.events.find(request.key) if enrolment.events else None
    if record and record.forgotten:
        return Reason.FORGOTTEN
    step = enrolment.step_of(request.key)
    return step.reason if step else enrolment.reason
