"""What HR systems are answered: keys, what was left alone, or whatever their own protocol wants."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, RootModel

from shared.contracts.api.refused_view import RefusedView
from shared.contracts.api.scim_answers import BulkOperation
from shared.contracts.api.view import View


class LeftAloneView(View):
    """Something that was understood, and of which nothing is to come."""

    field: str
    """Where it stands in what was sent."""
    reason: str


class HrAnswer(View):
    """The events were put on the queue; what was left alone or refused is named."""

    keys: tuple[str, ...]
    """One for each event, in their order, to follow it by."""
    left_alone: tuple[LeftAloneView, ...] = ()
    refused: tuple[RefusedView, ...] = ()
    listed: int = 0
    """How many of the events enrol nobody: they list people, and do not say that they join."""


class SenderAnswer(View):
    """What the sender's own protocol wants: a SCIM BulkResponse, or Event Grid's handshake."""

    model_config = ConfigDict(extra="allow")


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a message, and how its sender wants to hear of it."""

    answer: HrAnswer
    status: int = 202
    is_empty: bool = False
    """Whether the sender wants the status alone."""


@dataclass(frozen=True, slots=True)
class Echo:
    """The sender asks for its own word in return before it sends events."""

    word: str
    field: str | None = None
    """Of the JSON object that it wants; None where it wants the word as text."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """The sender asks for a word in return before it sends events."""

    code: str


@dataclass(frozen=True, slots=True)
class ScimUser:
    """A user came in SCIM's words."""

    key: str
    """The event's, to follow it by."""
    is_listed: bool = False
    """Whether it enrols nobody: it does not say that the user joins."""


@dataclass(frozen=True, slots=True)
class ScimBulk:
    """A bulk request came in SCIM's words, in which each operation stands by itself."""

    operations: Sequence[BulkOperation]


type OwnAnswer = Handshake | Echo | ScimUser | ScimBulk
"""What a sender's own protocol wants to hear; whoever answers writes it down."""


class HrBody(RootModel[dict[str, Any] | list[Any]]):
    """JSON, as the source's kind has it."""
