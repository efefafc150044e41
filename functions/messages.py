"""From the runtime's messages to ours.

Triggers ask for binary bodies: of texts the Functions host leaves empty ones out of a batch, and
then neither body nor metadata stands at its message's place. Source: `ToRpcStringArray` and
`ToRpcByteArray` in azure-functions-host, GrpcMessageConversionExtensions.cs.
"""

from collections.abc import Iterable
from datetime import UTC

import azure.functions as func

from shared.contracts.onboarding_event import Envelope
from shared.use_cases.message import Message


def messages_of(received: Iterable[func.ServiceBusMessage]) -> list[Message]:
    """The bodies and their places in the queue; the host tells times without their zone, UTC."""
    return [
        Message(
            one.get_body(),
            Envelope(
                one.sequence_number,
                one.enqueued_time_utc.replace(tzinfo=UTC) if one.enqueued_time_utc else None,
            ),
        )
        for one in received
    ]
