"""The onboarding webhook: what it takes."""

from typing import Annotated

from pydantic import Field, RootModel

from shared.contracts.messages.contract import MOST_EVENTS
from shared.contracts.messages.onboarding_event import PersonCloudEvent, PlainEvent

type Event = PersonCloudEvent | PlainEvent


class EventsBody(
    RootModel[Event | Annotated[list[Event], Field(min_length=1, max_length=MOST_EVENTS)]]
):
    """One event or a list of them."""
