"""Messages that the host could not hand to any function, because of what their bodies are."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from shared.contracts.messages.onboarding_event import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadMessage:
    """A message whose body is an AMQP value or sequence, where a function wants data."""

    value: Any
    """The body as AMQP has it: a text, bytes, a map, a list of the sequences' elements …"""
    envelope: Envelope
    properties: Mapping[str, Any] = field(default_factory=dict)
    """The application properties, by name, and the message's `subject`."""
    content_type: str | None = None


type DealWithUnread = Callable[[Sequence[UnreadMessage]], Awaitable[None]]


class Unread(Protocol):
    """The dead letters of our queues, as far as it was the host that could not read them."""

    async def take(self, queue: str, deal: DealWithUnread) -> None:
        """Has the unread messages of a queue dealt with, and then removes them.

        Nothing is called where there are none. If `deal` raises they stay, and come again; others
        among the dead letters are left where they are.
        """
