"""The operator API's answers about dead letters: which lie where, and what was done with them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment

type Scalar = str | int | float | bool | None


class DeadLetterSummary(View):
    """A message that was set aside, without its body."""

    queue: str
    sequence_number: int
    message_id: str
    reason: str
    """Why it was set aside, in a word."""
    description: str
    delivery_count: int
    enqueued_at: Moment | None
    content_type: str | None
    size: Annotated[int, Field(ge=0)]
    """Bytes of the body."""


class DeadLetterView(DeadLetterSummary):
    """A message that was set aside, whole."""

    properties: Mapping[str, Scalar]
    """The application properties; bytes are told in base64."""
    encoding: Literal["utf-8", "base64"]
    """How `body` is told: as the text it is, or in base64 where it is no UTF-8."""
    body: str


class DeadLetterPage(View):
    """A queue's dead letters, oldest first."""

    letters: tuple[DeadLetterSummary, ...]
    next: int | None
    """`after` of the next page; None at the end."""


class DeadLetterCount(View):
    """How many dead letters a queue has."""

    queue: str
    number: int | None
    """None where it could not be seen."""
    more: bool
    """Whether there are more than that; they are not counted to the end."""


class DeadLetterCounts(View):
    """Of every queue."""

    queues: tuple[DeadLetterCount, ...]


class DealtWithView(View):
    """What became of the dead letters that were named."""

    queue: str
    done: tuple[int, ...]
    left: tuple[int, ...]
    """No longer there, held by somebody else, too large to be sent, or behind too many others."""
