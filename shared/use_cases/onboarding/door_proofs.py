"""Door proofs: what the HR addresses put on the queue is told from what others put there."""

import json
from collections.abc import Iterable

from shared.contracts.messages.door_proof import as_claimed, claim_of_a_source, is_proved, proved
from shared.hr.translation import Event, key_of
from shared.ports.door_key import DoorKey
from shared.ports.outbox import Outbox
from shared.ports.world import World
from shared.use_cases.onboarding.beside_message import beside_message
from shared.use_cases.onboarding.read_events import ReadEvents


async def send_from_door(events: Iterable[Event], outbox: Outbox, door_key: DoorKey) -> None:
    """Puts events of an HR source on the queue, each with its proof.

    Where the key cannot be had they go without: they count as claimed, and no sender is sent away.
    """
    key = await _key(door_key)
    sent = [proved(one, key) if key else one for one in events]
    await outbox.send_onboarding([(key_of(one), json.dumps(one).encode()) for one in sent])


async def mark_claimed(read: ReadEvents, world: World) -> ReadEvents:
    """Returns what was read, with names of HR sources marked that nothing proves.

    Raises:
        ServiceUnavailable: the key cannot be had; all is to be taken again.
    """
    if not any(claim_of_a_source(one) for one in read.requests):
        return read
    key = await world.door_key.key()
    requests = [
        as_claimed(request)
        if claim_of_a_source(request) and not is_proved(json.loads(message.body), key)
        else request
        for request, message in zip(read.requests, read.messages, strict=True)
    ]
    return read._replace(requests=requests)


async def _key(door_key: DoorKey) -> bytes | None:
    async with beside_message():
        return await door_key.key()
    return None
