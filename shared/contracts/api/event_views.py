"""The operator API's answers about events and other messages: what became of each."""

from shared.contracts.api.people_views import PersonView
from shared.contracts.api.refused_view import RefusedView
from shared.contracts.api.view import View
from shared.contracts.messages.contract import Moment


class ReceiptView(View):
    """What became of a message."""

    key: str
    queue: str
    at: Moment
    outcome: str
    text: str
    person_key: str | None
    field: str | None
    """What is wrong in a refused message."""
    detail: str
    body: str | None
    """Of refused messages only, so that nothing is lost."""


class EventView(ReceiptView):
    """What became of an event, and the way of whom it concerned."""

    people: tuple[PersonView, ...]


class AcceptedEvents(View):
    """The events were put on the queue; what was refused of a list is named."""

    keys: tuple[str, ...]
    """One for each event that was taken, in their order, to follow it by."""
    refused: tuple[RefusedView, ...] = ()
