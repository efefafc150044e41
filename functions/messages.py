"""From the runtime's messages to ours.

Triggers ask for binary bodies: of texts the Functions host leaves empty ones out of a batch, and
then neither body nor metadata stands at its message's place. Source: `ToRpcStringArray` and
`ToRpcByteArray` in azure-functions-host, GrpcMessageConversionExtensions.cs.
"""

from collections.abc import Iterable
from datetime import UTC

import azure.functions as func

from shared.contracts.messages.onboarding_event import Envelope
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.use_cases.message import Message


def messages_of(received: Iterable[func.ServiceBusMessage]) -> list[Message]:
    """The bodies and their places in the queue; the host tells times without their zone, UTC."""
    return [_message_of(one) for one in received]


def _message_of(received: func.ServiceBusMessage) -> Message:
    """One that we have put back ourselves has its first place in its properties."""
    body, enqueued = received.get_body(), received.enqueued_time_utc
    envelope = Envelope(
        received.sequence_number, enqueued.replace(tzinfo=UTC) if enqueued else None
    )
    first = ReturnedMessage.read(body, envelope, received.application_properties or {})
    deliveries = received.delivery_count or 1
    if first:
        return Message(body, first.envelope, first.returns, deliveries)
    return Message(body, envelope, deliveries=deliveries)
