"""Claims-based security: tokens put on the node `$cbs`."""

from collections.abc import Container
from typing import Any

from sandbox.service_bus.access import Access, InvalidTokenError
from sandbox.service_bus.address import Address
from sandbox.service_bus.amqp.message import Request, encode_value_message
from sandbox.service_bus.amqp.types import Int, Symbol
from sandbox.service_bus.faults import Faults

_CONDITIONS = {401: "amqp:unauthorized-access", 404: "amqp:not-found"}


def put_token(
    request: Request, access: Access, queues: Container[str], faults: Faults, now: float
) -> bytes:
    """Takes a token for a queue; returns the encoded answer. `now` is Unix seconds."""
    status, description = _put(request, access, queues, faults, now)
    properties: dict[str, Any] = {
        "status-code": Int(status),
        "status-description": description,
    }
    if status in _CONDITIONS:  # without which the JavaScript client cannot tell what it is
        properties["error-condition"] = Symbol(_CONDITIONS[status])
    return encode_value_message(
        correlation_id=request.message_id, application_properties=properties, value=None
    )


def _put(
    request: Request, access: Access, queues: Container[str], faults: Faults, now: float
) -> tuple[int, str]:
    name, operation = request.properties.get("name"), request.properties.get("operation")
    if operation != "put-token" or not isinstance(name, str) or not isinstance(request.value, str):
        return 400, "expected operation put-token with a name, and a token as the body"
    queue = Address.parse(name).queue
    if queue not in queues:
        return 404, f"there is no queue '{queue}'"
    if faults.refuses_token(queue):
        return 401, "ExpiredToken: the token is expired or has been taken back."
    try:
        access.put_token(queue, request.value, now)
    except InvalidTokenError as error:
        return 401, str(error)
    return 202, "Accepted"
