"""The requests to a queue's `$management` node.

Source: "AMQP 1.0 in Azure Service Bus: request-response-based operations".
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sandbox.service_bus.access import Access, Role, UnauthorizedError
from sandbox.service_bus.amqp.message import Parcel, Request, encode_value_message
from sandbox.service_bus.amqp.types import Array, DecodeError, Int, Symbol, Timestamp
from sandbox.service_bus.broker import HostedQueue
from sandbox.service_bus.faults import Faults, Place
from sandbox.service_bus.holds import Operation
from sandbox.service_bus.link import encode_message, encode_peeked
from sandbox.service_bus.queue import (
    DeadLetter,
    LockLostError,
    MessageNotFoundError,
    Outcome,
)

if TYPE_CHECKING:
    from uuid import UUID

_PREFIX: Final = "com.microsoft:"
_OK, _NO_CONTENT = 200, 204
_SETTLE_FIRST: Final = 0  # receiver-settle-mode "first": handed out for good
_OUTCOMES: Final = {
    "completed": Outcome.COMPLETE,
    "abandoned": Outcome.ABANDON,
    "defered": Outcome.DEFER,  # spelt as Service Bus spells it
    "suspended": Outcome.DEAD_LETTER,
}


class _RequestError(Exception):
    """A request that failed: HTTP-like status, condition, and a sentence."""

    def __init__(self, status: int, condition: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.condition = condition


class Management:
    """One link's requests to a queue or to its dead letters."""

    def __init__(
        self, hosted: HostedQueue, access: Access, faults: Faults, *, dead_letters: bool
    ) -> None:
        self.hosted = hosted
        self._access = access
        self._faults = faults
        self._dead_letters = dead_letters
        self._operations: dict[str, tuple[Role, Operation | None, _Operation]] = {
            "renew-lock": (Role.RECEIVER, None, self._renew),
            "update-disposition": (Role.RECEIVER, Operation.SETTLE, self._settle),
            "schedule-message": (Role.SENDER, Operation.SEND, self._schedule),
            "cancel-scheduled-message": (Role.SENDER, Operation.SEND, self._cancel),
            "peek-message": (Role.RECEIVER, None, self._peek),
            "receive-by-sequence-number": (Role.RECEIVER, Operation.DELIVER, self._receive),
        }

    def held_as(self, request: Request) -> Operation | None:
        """Which hold keeps this request waiting."""
        known = self._operations.get(_operation_name(request))
        return known[1] if known else None

    def answer(self, request: Request, now: int) -> bytes:
        """Does what is asked; returns the encoded answer."""
        properties: dict[str, Any]
        try:
            body = self._run(request, now)
        except _RequestError as error:
            body = None
            properties = {
                "statusCode": Int(error.status),
                "statusDescription": str(error),
                "errorCondition": Symbol(error.condition),
            }
        else:
            nothing = body == {"messages": []}
            status = _NO_CONTENT if nothing else _OK
            properties = {"statusCode": Int(status), "statusDescription": "OK"}
        return encode_value_message(
            correlation_id=request.message_id, application_properties=properties, value=body
        )

    def _run(self, request: Request, now: int) -> Any:
        name = _operation_name(request)
        if name not in self._operations:
            raise _RequestError(501, "amqp:not-implemented", f"no operation '{name}' here")
        role, _, operation = self._operations[name]
        queue = self.hosted.queue.name.lower()
        if refusal := self._faults.refusal(Place(queue, role)):
            raise _RequestError(refusal.status, refusal.condition, refusal.description)
        try:
            self._access.demand(queue, role, now=now / 1000)
            return operation(request.value, now)
        except UnauthorizedError as error:
            raise _RequestError(401, "amqp:unauthorized-access", str(error)) from error
        except LockLostError as error:
            raise _RequestError(410, f"{_PREFIX}message-lock-lost", str(error)) from error
        except MessageNotFoundError as error:
            raise _RequestError(404, f"{_PREFIX}message-not-found", str(error)) from error
        except (KeyError, TypeError, AttributeError, DecodeError) as error:
            wrong = f"{name} lacks a field or has a wrong one: {error!r}"
            raise _RequestError(400, f"{_PREFIX}argument-error", wrong) from error

    def _renew(self, body: dict[str, Any], now: int) -> dict[str, Any]:
        tokens: list[UUID] = body["lock-tokens"]
        ends = [Timestamp(self.hosted.queue.renew(token, now)) for token in tokens]
        return {"expirations": Array(ends)}

    def _settle(self, body: dict[str, Any], now: int) -> None:
        outcome = _OUTCOMES[body["disposition-status"]]
        why = DeadLetter(body.get("deadletter-reason"), body.get("deadletter-description"))
        for token in body["lock-tokens"]:
            self.hosted.queue.settle(token, outcome, now, why)

    def _schedule(self, body: dict[str, Any], now: int) -> dict[str, Any]:
        parcels = [Parcel.sent(item["message"]) for item in body["messages"]]
        numbers = [self.hosted.queue.enqueue(parcel, now) for parcel in parcels]
        return {"sequence-numbers": Array(numbers)}

    def _cancel(self, body: dict[str, Any], _: int) -> None:
        self.hosted.queue.cancel_scheduled(list(body["sequence-numbers"]))

    def _peek(self, body: dict[str, Any], _: int) -> dict[str, Any]:
        start, count = int(body["from-sequence-number"]), int(body["message-count"])
        found = self.hosted.queue.peek(start, count, dead_letters=self._dead_letters)
        return {"messages": [{"message": encode_peeked(message)} for message in found]}

    def _receive(self, body: dict[str, Any], now: int) -> dict[str, Any]:
        lock = int(body["receiver-settle-mode"]) != _SETTLE_FIRST
        numbers = list(body["sequence-numbers"])
        messages = []
        for message in self.hosted.queue.receive_deferred(numbers, now, lock=lock):
            item: dict[str, Any] = {"message": encode_message(message, with_state=True)}
            if message.lock_token is not None:
                item["lock-token"] = message.lock_token
            messages.append(item)
        return {"messages": messages}


type _Operation = Callable[[dict[str, Any], int], Any]


def _operation_name(request: Request) -> str:
    return str(request.properties.get("operation", "")).removeprefix(_PREFIX)
