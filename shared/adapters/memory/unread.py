"""The port `Unread`, in memory."""

from shared.adapters.memory.broker import Broker
from shared.adapters.memory.turns import Pause, straight_on
from shared.ports.unread import DealWithUnread


class MemoryUnread:
    """What a broker has set aside because the host could not bind it."""

    def __init__(self, broker: Broker, pause: Pause = straight_on) -> None:
        self._broker = broker
        self._pause = pause

    async def take(self, queue: str, deal: DealWithUnread) -> None:
        """Has the unread messages of a queue dealt with, and then removes them."""
        await self._pause("unread.take")
        found = self._broker.unread(queue)
        if found:
            await deal(found)
            await self._pause("unread.take dealt")
            self._broker.forget_unread(queue, found)
