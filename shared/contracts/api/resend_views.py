"""The operator API's answer about refused messages that are sent again."""

from enum import StrEnum

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class Resending(StrEnum):
    """What becomes of a refused message."""

    SENT = "sent"
    """It goes on its queue again."""
    TAKEN = "taken"
    """The same event was taken since: sending it again would change nothing."""
    HELD = "held"
    """The same event waits at a brake: `sspr held` decides."""
    NOT_POSSIBLE = "not-possible"
    """It cannot be read, or not be fixed so."""


class ResentView(View):
    """A refused message, and what becomes of it."""

    kept_as: str
    """The key that it is kept under."""
    at: Moment
    """When it was refused."""
    becomes: str
    """`sent`, `taken`, `held` or `not-possible`."""
    key: str | None
    """To follow the event by; null where there is none."""
    action: str | None
    person: str | None
    """Whom it names."""
    occurred_at: Moment | None
    """What the event counts from: a newer one about the same person outdates it."""
    field: str | None
    """What is in the way."""
    problem: str | None


class ResendView(View):
    """What becomes of the refused messages that were asked for."""

    fingerprint: str
    messages: tuple[ResentView, ...]
    more: int
    """Messages beyond those that are dealt with at once: ask again once these are done."""
    unread: int
    """Older refused messages at which nobody has looked; name them by their keys."""
    unknown: tuple[str, ...]
    """Keys under which nothing is kept, or something that was taken since."""
    done: bool
