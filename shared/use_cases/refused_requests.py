"""Refused requests: counted by door and reason, and told of once in a while.

Anybody can be refused as often as they like. So a refusal costs no line of the log: the first is
told at once, those that follow it together when the span is over. What is counted is bounded: doors
and sources are those that are configured, and of reasons only so many are told apart.
"""

import asyncio
from collections import Counter
from datetime import timedelta

from shared.domain.signals import RequestsRefused, plain_text
from shared.use_cases.signalling import emit

SPAN = timedelta(minutes=15)
MOST_REASONS = 10
"""Of a door and source in a span; the rest is counted together."""
OTHER = "other reasons"

type Place = tuple[str, str | None, bool]
"""A door, and the source in whose name was asked; None where no such source is configured. Last,
whether it was proved: what anybody can bring about is counted apart."""


class RefusedRequests:
    """Counts what this process refuses; it is told of in the loop that it is counted in."""

    def __init__(self, span: timedelta = SPAN) -> None:
        """Begins with nothing counted."""
        self._span = span
        self._counted: dict[Place, Counter[str]] = {}

    def count(self, door: str, source: str | None, reason: str, *, proved: bool = False) -> None:
        """Counts a request that was turned away.

        Args:
            door: where it came in.
            source: the configured source in whose name it came; None where there is none.
            reason: what was wrong with it, in our words.
            proved: whether whoever asked has proved to hold the source's secret, or a good token.
        """
        place, reason = (door, source, proved), plain_text(reason)
        following = self._counted.get(place)
        if following is not None:
            is_known = reason in following or len(following) < MOST_REASONS
            following[reason if is_known else OTHER] += 1
            return
        self._tell(place, Counter({reason: 1}))
        self._counted[place] = Counter()
        loop = asyncio.get_running_loop()
        loop.call_later(self._span.total_seconds(), self._end, place)

    def _end(self, place: Place) -> None:
        if following := self._counted.pop(place):
            self._tell(place, following)

    def _tell(self, place: Place, reasons: Counter[str]) -> None:
        door, source, proved = place
        emit(
            [
                RequestsRefused(
                    door=door,
                    source=source,
                    proved=proved,
                    requests=reasons.total(),
                    reasons=dict(reasons.most_common()),
                )
            ]
        )
