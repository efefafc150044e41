"""The port `DeadLetters`, in memory."""

import hashlib
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet

from shared.adapters.memory.broker import Broker
from shared.adapters.memory.turns import Pause, straight_on
from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.queues import RECEIVED_FROM
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.domain.errors import ServiceUnavailable
from shared.ports.dead_letters import MOST_PASSED, DeadLetter


class MemoryDeadLetters:
    """What a broker's queues have set aside."""

    def __init__(self, broker: Broker, pause: Pause = straight_on) -> None:
        self._broker = broker
        self._pause = pause

    async def peek(self, queue: str, *, after: int, limit: int) -> Sequence[DeadLetter]:
        """Returns up to `limit` that follow that sequence number, oldest first; takes none."""
        await self._reach("dead_letters.peek")
        found = [one for one in self._broker.dead_letters[queue] if one.sequence_number > after]
        return found[:limit]

    async def resubmit(self, queue: str, numbers: Collection[int]) -> AbstractSet[int]:
        """Sends these to their queue again; returns the numbers of those that were sent."""
        await self._reach("dead_letters.resubmit")
        for letter in self._found(queue, numbers):
            added = {"ssprMessageId": letter.message_id}
            if queue in RECEIVED_FROM:
                place = Envelope(letter.sequence_number, letter.enqueued_at)
                added |= ReturnedMessage(body=b"", envelope=place, returns=0).properties
            name = f"{queue}\n{letter.message_id}\n{letter.sequence_number}"
            self._broker.send(
                queue,
                hashlib.sha256(name.encode()).hexdigest()[:32],
                letter.body,
                {**added, **{name: str(value) for name, value in letter.properties.items()}},
            )
        return await self._taken("dead_letters.resubmit", queue, numbers)

    async def discard(self, queue: str, numbers: Collection[int]) -> AbstractSet[int]:
        """Takes these off for good; returns the numbers of those that were there."""
        await self._reach("dead_letters.discard")
        return await self._taken("dead_letters.discard", queue, numbers)

    async def _taken(self, method: str, queue: str, numbers: Collection[int]) -> AbstractSet[int]:
        gone = {one.sequence_number for one in self._found(queue, numbers)}
        letters = self._broker.dead_letters
        letters[queue] = [one for one in letters[queue] if one.sequence_number not in gone]
        await self._pause(f"{method} done")
        return gone

    def _found(self, queue: str, numbers: Collection[int]) -> list[DeadLetter]:
        within_reach = self._broker.dead_letters[queue][: MOST_PASSED + len(numbers)]
        return [one for one in within_reach if one.sequence_number in numbers]

    async def _reach(self, method: str) -> None:
        await self._pause(method)
        if not self._broker.answers:
            raise ServiceUnavailable("Service Bus: silent (in memory)")
