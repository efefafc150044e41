"""The operator API's answers about held events: whom a sender moves beyond its brake."""

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class HeldEventView(View):
    """The newest event that asks the same for a person, held until an operator decides."""

    key: str
    """Of the event, as its sender was answered."""
    source: str
    """The HR source, or `queue` for whatever comes from none."""
    direction: str
    """joining or leaving."""
    person_key: str
    held_at: Moment
    occurred_at: Moment
    let_through: bool
    """Whether it is on the queue again already, and will be gone from here once it was taken."""
    body: str


class HeldEventPage(View):
    """Held events, by source and direction."""

    events: tuple[HeldEventView, ...]
    next: str | None
    """`after` of the next page; None at the end."""


class DecidedView(View):
    """What became of the held events that were named."""

    done: tuple[str, ...]
    left: tuple[str, ...]
    """Not held any more, or never."""
