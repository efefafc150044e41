"""Tell lifecycle workflows: what became of somebody, once it is known, and not before."""

from collections.abc import Sequence
from datetime import datetime

from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.queues import LIFECYCLE_CALLBACKS
from shared.domain.person.lifecycle import WorkflowOutcome, outcome_of
from shared.domain.person.request import Action
from shared.domain.signals import LifecycleTold
from shared.ports.world import World
from shared.use_cases.message import Message, read_all
from shared.use_cases.recording import keep_refusals
from shared.use_cases.signalling import emit


async def tell_lifecycle(messages: Sequence[Message], world: World, now: datetime) -> None:
    """Makes the callbacks whose outcome is known, and sends the others again for later.

    Raises:
        DirectoryUnavailable: Graph does not take a callback; it is to be delivered again.
    """
    callbacks, refused = read_all(
        messages, LIFECYCLE_CALLBACKS, lambda one: LifecycleCallback.read(one.body), now
    )
    await keep_refusals(refused, world)
    for callback in callbacks:
        await _tell(callback, world, now)


async def _tell(callback: LifecycleCallback, world: World, now: datetime) -> None:
    outcome = await _outcome(callback, world)
    if outcome is None and now < callback.deadline:
        later = callback.model_copy(update={"attempt": callback.attempt + 1})
        await world.outbox.send_callbacks([later], world.limits.callback_retry)
        return
    outcome = outcome or WorkflowOutcome.FAILED
    awaited = await world.lifecycle.resume(
        callback.callback_path, completed=outcome is WorkflowOutcome.COMPLETED
    )
    emit([LifecycleTold(key=callback.event_key, outcome=outcome, awaited=awaited)])


async def _outcome(callback: LifecycleCallback, world: World) -> WorkflowOutcome | None:
    receipt = await world.ledger.receipt(callback.event_key)
    key = receipt.person_key if receipt else None
    people = await world.ledger.load([key]) if key else {}
    current = people.get(key) if key else None
    return outcome_of(Action(callback.action), receipt.outcome if receipt else None, current)
