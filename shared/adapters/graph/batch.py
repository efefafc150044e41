"""The `$batch`: twenty operations in one HTTP request, each answered by itself."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from typing import Any, Self

import stamina

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.failure import PASSING, GraphFailure, seconds_to_wait

MOST_ITEMS = 20
"""Source: https://learn.microsoft.com/graph/json-batching"""
_AT_ONCE = 4
"""Batches on their way at the same time; more would only meet the tenant's quotas sooner."""
_PATIENCE = 120.0
"""Seconds after which throttled items are given up, before the lock of their message runs out."""
_LONGEST_WAIT = 150.0
"""Seconds that one Retry-After may ask for: the window of Graph's quota of writes."""
_TRANSIENT = PASSING | {429, 500, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Item:
    """One operation; the path is below the version and begins with a slash."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def written(self, number: int) -> dict[str, Any]:
        """Returns the item as the `$batch` wants it."""
        item: dict[str, Any] = {"id": str(number), "method": self.method, "url": self.path}
        headers = dict(self.headers)
        if self.body is not None:
            headers["Content-Type"] = "application/json"
            item["body"] = self.body
        return {**item, "headers": headers} if headers else item


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one item."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> Self:
        """Reads one of the `responses`."""
        body = item.get("body")
        headers = {name.lower(): str(value) for name, value in (item.get("headers") or {}).items()}
        return cls(int(item["status"]), body if isinstance(body, dict) else {}, headers)

    @property
    def ok(self) -> bool:
        """Whether the operation was carried out."""
        return 200 <= self.status < 300  # noqa: PLR2004  # HTTP's own numbers

    @property
    def code(self) -> str:
        """Graph's code of the error; empty where there is none."""
        return str(self._error.get("code", ""))

    @property
    def message(self) -> str:
        """Graph's text of the error; empty where there is none."""
        return str(self._error.get("message", ""))

    @property
    def retry_after(self) -> float | None:
        """Seconds that Graph asks to wait; None where it does not say."""
        return seconds_to_wait(self.headers.get("retry-after"))

    @property
    def transient(self) -> bool:
        """Whether the same operation may succeed later."""
        return self.status in _TRANSIENT

    def failure(self) -> GraphFailure:
        """Returns the answer as an error that concerns the whole call."""
        request_id = (self._error.get("innerError") or {}).get("request-id")
        return GraphFailure.of_status(self.status, self.code, request_id, self.retry_after)

    @property
    def _error(self) -> Mapping[str, Any]:
        error = self.body.get("error")
        return error if isinstance(error, dict) else {}


_UNANSWERED = Reply(504)


class ToldToWait(Exception):
    """Items that have not been carried out yet."""

    def __init__(self, replies: Sequence[Reply]) -> None:
        super().__init__(f"{len(replies)} items of a $batch, answered {replies[0].status}")
        self.last = replies[-1]
        self.seconds = max((reply.retry_after or 0.0 for reply in replies), default=0.0)


async def send_all(client: GraphClient, items: Sequence[Item]) -> list[Reply]:
    """Carries out every item, in no particular order; returns the replies in the items' order.

    Items that Graph throttles are sent again, alone, after the time that it asks for.

    Raises:
        GraphFailure: a request as a whole was refused, or items stayed throttled.
    """
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def send(chunk: tuple[Item, ...]) -> list[Reply]:
        async with at_once:
            return await _send_until_answered(client, chunk)

    sending = map(send, batched(items, MOST_ITEMS, strict=False))
    # Failures wait for the others: a caller who tries again must find nothing still under way.
    outcomes = await asyncio.gather(*sending, return_exceptions=True)
    replies: list[Reply] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        replies += outcome
    return replies


async def _send_until_answered(client: GraphClient, items: Sequence[Item]) -> list[Reply]:
    replies: dict[int, Reply] = {}
    waiting = list(range(len(items)))
    try:
        async for attempt in stamina.retry_context(
            on=time_to_wait, attempts=None, timeout=_PATIENCE, wait_initial=0.5
        ):
            with attempt:
                answers = await send_once(client, [items[index] for index in waiting])
                replies.update(zip(waiting, answers, strict=True))
                waiting = [index for index in waiting if replies[index].transient]
                _check_settled([replies[index] for index in waiting])
    except ToldToWait as error:
        raise error.last.failure() from None
    return [replies[index] for index in range(len(items))]


async def send_once(client: GraphClient, items: Sequence[Item]) -> list[Reply]:
    """Sends one `$batch`, and returns what it says of each item; what it leaves out is a 504."""
    written = [item.written(number) for number, item in enumerate(items)]
    answer = await client.post("/$batch", {"requests": written})
    replies = {item["id"]: Reply.read(item) for item in answer.get("responses", [])}
    return [replies.get(str(number), _UNANSWERED) for number in range(len(items))]


def _check_settled(throttled: Sequence[Reply]) -> None:
    if throttled:
        raise ToldToWait(throttled)


def time_to_wait(error: Exception) -> bool | float:
    """Tells after how many seconds to send again, or whether to at all."""
    if not isinstance(error, ToldToWait) or error.seconds > _LONGEST_WAIT:
        return False
    return error.seconds or True
