"""From the runtime's messages to ours: whatever the host says of one, it becomes a message."""

import json
from datetime import UTC, datetime
from typing import Any

import azure.functions as func
from azure.functions.servicebus import ServiceBusMessage as HostMessage
from hypothesis import given
from hypothesis import strategies as st

from functions.messages import event_of, message_of
from shared.contracts.messages.onboarding_event import OFFBOARDED, Envelope, read_request
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.domain.person.request import Action
from shared.use_cases.message import Message

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
PLACE = Envelope(7, AT)
BODY = b'{"employeeId": "1"}'
ATTRIBUTES = {"specversion": "1.0", "id": "1", "source": "hr", "type": OFFBOARDED}


def received(body: bytes, **changes: Any) -> func.ServiceBusMessage:
    """As the host tells it: times without their zone, no properties as none at all."""
    known: dict[str, Any] = {
        "sequence_number": 7,
        "enqueued_time_utc": AT.replace(tzinfo=None),
        "application_properties": {},
        "user_properties": {},
        "message_id": "m",
    }
    return HostMessage(body=body, **(known | changes))


@given(
    st.binary(max_size=50),
    st.none() | st.dictionaries(st.text(max_size=20), st.none() | st.integers() | st.text()),
    st.none() | st.text(max_size=20),
)
def test_a_message_keeps_its_place_whatever_its_properties_say(
    body: bytes, properties: dict[str, Any] | None, content_type: str | None
) -> None:
    told = received(body, application_properties=properties, content_type=content_type)
    assert message_of(told) == Message(body, PLACE)
    assert event_of(told).envelope == PLACE


def test_what_the_properties_say_of_an_event_is_part_of_it() -> None:
    properties = {f"cloudEvents:{name}": value for name, value in ATTRIBUTES.items()}
    message = event_of(received(BODY, application_properties=properties))
    assert read_request(message.body, PLACE, AT).action is Action.OFFBOARD
    assert event_of(received(BODY, application_properties={"traceparent": "00"})).body == BODY


def test_what_was_returned_says_the_same_again_and_has_its_first_place() -> None:
    """The properties of before are not sent again: what they said is in the body by then."""
    properties = {f"cloudEvents:{name}": value for name, value in ATTRIBUTES.items()}
    first = event_of(received(BODY, application_properties=properties))
    returned = first.returned()
    assert isinstance(returned, ReturnedMessage)
    again = event_of(
        received(returned.body, sequence_number=99, application_properties=returned.properties)
    )
    assert again == Message(first.body, PLACE, 1)
    assert json.loads(again.body)["type"] == OFFBOARDED
