"""What HR systems are answered: keys, what was left alone, or whatever their own protocol wants."""

from typing import Any

from pydantic import ConfigDict, RootModel

from shared.contracts.api.view import View


class LeftAloneView(View):
    """Something that was understood, and of which nothing is to come."""

    field: str
    """Where it stands in what was sent."""
    reason: str


class HrAnswer(View):
    """The events were put on the queue; what was left alone on purpose is named."""

    keys: tuple[str, ...]
    """One for each event, in their order, to follow it by."""
    left_alone: tuple[LeftAloneView, ...] = ()


class SenderAnswer(View):
    """What the sender's own protocol wants: a SCIM BulkResponse, or Event Grid's handshake."""

    model_config = ConfigDict(extra="allow")


class HrBody(RootModel[dict[str, Any] | list[Any]]):
    """JSON, as the source's kind has it."""
