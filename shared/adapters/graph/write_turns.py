"""Writes to one group: few on their way at a time, in their order, and not for ever.

Many at once are answered 409 `Directory_ConcurrencyViolation`, and no longer wait makes room for
more of them: fewer at a time does. Items of a `$batch` count as at once.
Source: https://learn.microsoft.com/graph/json-batching, read in November 2026.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus

import stamina

from shared.adapters.graph.batch import Item, Reply, ToldToWait, send_once, time_to_wait
from shared.adapters.graph.client import GraphClient

MOST_AT_ONCE = 4
"""How many writes to the group one `$batch` holds; there is one `$batch` at a time."""
PATIENCE = 120.0
"""Seconds for all that one change of the group takes, before the lock of its messages runs out."""
_TOO_MANY_AT_ONCE = frozenset({HTTPStatus.CONFLICT, HTTPStatus.LOCKED})
_OUTAGES = frozenset({429, 500, 502, 503, 504})
_NOT_SENT = Reply(
    HTTPStatus.REQUEST_TIMEOUT,
    {"error": {"code": "NotSent", "message": "There was no time left to send this one."}},
)


class WriteTurns:
    """The writes that one change of a group comes to; they share its time."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._width = MOST_AT_ONCE
        self._until = asyncio.get_running_loop().time() + PATIENCE

    async def send(self, items: Sequence[Item]) -> list[Reply]:
        """Carries out the writes; returns the replies in the items' order.

        What could not be carried out in time keeps its last answer, which is `transient`: another
        time will do, and the others' answers are not lost for it.

        Raises:
            GraphFailure: a request as a whole was refused, or Graph let nothing be done at all.
        """
        if not items:
            return []
        replies = dict.fromkeys(range(len(items)), _NOT_SENT)
        waiting = deque(range(len(items)))
        with suppress(ToldToWait):
            await self._send_until_settled(items, waiting, replies)
        outage = next((reply for reply in replies.values() if reply.status in _OUTAGES), None)
        if outage and all(reply.transient for reply in replies.values()):
            raise outage.failure()
        return [replies[index] for index in range(len(items))]

    async def _send_until_settled(
        self, items: Sequence[Item], waiting: deque[int], replies: dict[int, Reply]
    ) -> None:
        left = self._until - asyncio.get_running_loop().time()
        async for attempt in stamina.retry_context(
            on=time_to_wait, attempts=None, timeout=max(left, 0.001), wait_initial=0.5
        ):
            with attempt:
                while waiting and asyncio.get_running_loop().time() < self._until:
                    await self._send_next(items, waiting, replies)

    async def _send_next(
        self, items: Sequence[Item], waiting: deque[int], replies: dict[int, Reply]
    ) -> None:
        turn = [waiting.popleft() for _ in range(min(self._width, len(waiting)))]
        async with self._client.write_turn():
            answers = await send_once(self._client, [items[index] for index in turn])
        replies.update(zip(turn, answers, strict=True))
        again = [index for index in turn if replies[index].transient]
        waiting.extendleft(reversed(again))
        if any(replies[index].status in _TOO_MANY_AT_ONCE for index in again):
            self._width = max(1, self._width // 2)
        if again:
            raise ToldToWait([replies[index] for index in again])
