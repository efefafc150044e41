"""From the runtime's messages to ours.

Triggers ask for one message at a time, and for its bytes. Of a batch the host binds all or none:
one body that is no AMQP data (every JMS TextMessage) would send its neighbours to the dead letters
before anything here is called. As text a JSON body replaces what the host knows of the message, and
what is not UTF-8 is lost. Source: `sandbox/DIFFERENCES.md`, "Functions host".
"""

from dataclasses import replace
from datetime import UTC

import azure.functions as func

from shared.contracts.messages.message_properties import with_properties
from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.use_cases.message import Message


def message_of(received: func.ServiceBusMessage) -> Message:
    """The body and its place in the queue; the host tells times without their zone, UTC.

    One that we have put back ourselves has its first place in its properties.
    """
    body, enqueued = received.get_body(), received.enqueued_time_utc
    envelope = Envelope(
        received.sequence_number, enqueued.replace(tzinfo=UTC) if enqueued else None
    )
    first = ReturnedMessage.read(body, envelope, received.application_properties or {})
    deliveries = received.delivery_count or 1
    if first:
        return Message(body, first.envelope, first.returns, deliveries)
    return Message(body, envelope, deliveries=deliveries)


def event_of(received: func.ServiceBusMessage) -> Message:
    """One message of a queue that strangers write to: what its properties say is part of it."""
    message = message_of(received)
    properties = {"subject": received.subject, **(received.application_properties or {})}
    return replace(message, body=with_properties(message.body, properties, received.content_type))
