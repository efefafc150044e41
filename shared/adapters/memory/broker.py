"""A broker: queues that know copies by their keys, and keep for later what is sent for later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from shared.contracts.messages.queues import SENT_TO
from shared.ports.unread import UnreadMessage

_LARGEST = 256 * 1024
"""Bytes of a message, in the Standard tier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedMessage:
    """A message on a queue."""

    key: str
    body: bytes
    properties: Mapping[str, str]
    sequence_number: int
    """Another for every message of every queue."""
    wait: timedelta
    """How long it is still kept for later; nothing where it can be taken."""


@dataclass(slots=True)
class Broker:
    """Empty queues at first. Time passes when it is told so."""

    _queues: dict[str, list[QueuedMessage]] = field(
        default_factory=lambda: {name: [] for name in SENT_TO}
    )
    _unread: dict[str, list[UnreadMessage]] = field(
        default_factory=lambda: {name: [] for name in SENT_TO}
    )
    _known: set[tuple[str, str]] = field(default_factory=set)
    _last: int = 0

    def send(
        self,
        queue: str,
        key: str,
        body: bytes,
        properties: Mapping[str, str],
        after: timedelta = timedelta(),
    ) -> None:
        """Puts a message on a queue, unless a message with its key has been there.

        Raises:
            KeyError: there is no queue of that name.
            ValueError: the message is too large.
        """
        if len(body) > _LARGEST:
            raise ValueError(f"{key}: {len(body):,} bytes are more than a message may have")
        waiting = self._queues[queue]
        self._last += 1
        if (queue, key) in self._known:
            return
        self._known.add((queue, key))
        waiting.append(
            QueuedMessage(
                key=key,
                body=body,
                properties=dict(properties),
                sequence_number=self._last,
                wait=after,
            )
        )

    def messages(self, queue: str) -> Sequence[QueuedMessage]:
        """Returns everything on a queue, what is kept for later too."""
        return tuple(self._queues[queue])

    def take(self, queue: str, most: int = 1_000) -> Sequence[QueuedMessage]:
        """Takes up to `most` messages off a queue for good, the oldest first."""
        ready = [one for one in self._queues[queue] if not one.wait][:most]
        self._queues[queue] = [one for one in self._queues[queue] if one not in ready]
        return ready

    def set_aside(self, queue: str, *unread: UnreadMessage) -> None:
        """Puts messages among the dead letters that the host could not bind."""
        self._unread[queue] += unread

    def unread(self, queue: str) -> Sequence[UnreadMessage]:
        """Returns those of a queue that the host could not bind."""
        return tuple(self._unread[queue])

    def forget_unread(self, queue: str, unread: Sequence[UnreadMessage]) -> None:
        """Removes messages from the dead letters."""
        self._unread[queue] = [one for one in self._unread[queue] if one not in unread]

    def pass_time(self, time: timedelta) -> None:
        """Lets that time go by for what is kept for later."""
        for name, messages in self._queues.items():
            self._queues[name] = [
                replace(one, wait=max(one.wait - time, timedelta())) for one in messages
            ]
