"""Gathering: messages that come one by one at the same time are dealt with together.

The host hands out single messages, so that one it cannot bind harms no other, keeps each one's lock
while it waits here, and settles each by itself. Whoever comes while a group is dealt with waits for
it, and all who have waited are the next group. So there is one group at a time, as there was one
batch at a time, and a lone message waits for nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from shared.use_cases.message import Message

type Deal = Callable[[Sequence[Message]], Awaitable[None]]


class Gathering:
    """One queue's; to be used on one event loop."""

    def __init__(self, deal: Deal) -> None:
        """Takes note of what is done with a group."""
        self._deal = deal
        self._turn = asyncio.Lock()
        self._waiting: list[tuple[Message, asyncio.Future[None]]] = []

    async def add(self, message: Message) -> None:
        """Returns when the group that the message has come into is done.

        Raises:
            Exception: what dealing with the group has raised, the same to all who are in it.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, done))
        # The first whom nobody has dealt with does it for all, within an invocation that is its
        # own: what the host knows of no longer is cut off.
        async with self._turn:
            if not done.done():
                await self._deal_with_all()
        await done

    async def _deal_with_all(self) -> None:
        group, self._waiting = self._waiting, []
        try:
            await self._deal([message for message, _ in group])
        except BaseException as error:
            for _, done in group:
                _fail(done, error)
            if not isinstance(error, Exception):
                raise
        else:
            for _, done in group:
                if not done.done():
                    done.set_result(None)


def _fail(done: asyncio.Future[None], error: BaseException) -> None:
    if done.done():
        return
    if isinstance(error, Exception):
        done.set_exception(error)
    else:
        done.cancel()
