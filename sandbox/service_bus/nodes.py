"""What links connect to: queues, `$management` and `$cbs`."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from sandbox.service_bus.access import Access, Role, UnauthorizedError
from sandbox.service_bus.address import Address, Node
from sandbox.service_bus.amqp.message import BATCH_FORMAT, Parcel, Request, batched
from sandbox.service_bus.amqp.performatives import (
    RECEIVER,
    SOURCE_OR_TARGET_ADDRESS,
    Attach,
    accepted,
    rejected,
)
from sandbox.service_bus.amqp.types import DecodeError, Described
from sandbox.service_bus.broker import Broker, HostedQueue
from sandbox.service_bus.cbs import put_token
from sandbox.service_bus.faults import Place
from sandbox.service_bus.holds import Operation, Owner
from sandbox.service_bus.link import (
    MAX_MESSAGE_SIZE,
    Carrier,
    Delivery,
    IncomingLink,
    OutgoingLink,
    QueueReceiver,
)
from sandbox.service_bus.management import Management

type Link = IncomingLink | OutgoingLink

_COORDINATOR: Final = 0x30
_FILTER: Final = 7  # the field's place in a source
_SESSION_FILTER: Final = "com.microsoft:session-filter"


class RefusedError(Exception):
    """A link that is not attached, with the AMQP error condition that says why."""

    def __init__(self, condition: str, description: str) -> None:
        super().__init__(description)
        self.condition = condition


class Nodes:
    """Connects one session's links to nodes; remembers where replies go."""

    def __init__(self, carrier: Carrier, owner: Owner, broker: Broker, access: Access) -> None:
        self._carrier = carrier
        self._owner = owner
        self._broker = broker
        self._access = access
        self._reply_links: dict[Address, OutgoingLink] = {}

    def resolve(self, attach: Attach) -> Callable[[], Link]:
        """Finds what a link wants to connect to; call the answer to make the link.

        Raises:
            RefusedError: there is no such node, or the connection's token does not allow it.
        """
        terminus = attach.source if attach.role == RECEIVER else attach.target
        if terminus is not None and terminus.descriptor == _COORDINATOR:
            raise RefusedError("amqp:not-implemented", "there are no transactions here")
        address = Address.parse(_address(terminus))
        if address.node is Node.CBS:
            if attach.role == RECEIVER:
                return partial(self._reply_link, attach, address)
            return partial(IncomingLink, self._carrier, attach, partial(self._cbs, address))
        hosted = self._broker.queues.get(address.queue)
        if hosted is None:
            raise RefusedError("amqp:not-found", f"there is no queue '{address.queue}'")
        self._authorize(address, attach)
        if address.node is Node.MANAGEMENT:
            return self._management(attach, address, hosted)
        if attach.role == RECEIVER:
            _refuse_sessions(attach)
            dead_letters = address.dead_letters
            return partial(QueueReceiver, self._carrier, attach, hosted, dead_letters=dead_letters)
        if address.dead_letters:
            raise RefusedError("amqp:not-allowed", "nobody sends to a dead-letter subqueue")
        return partial(IncomingLink, self._carrier, attach, partial(self._send, hosted))

    def place(self, attach: Attach) -> Place | None:
        """Where a link of `resolve` is, if it is at a queue."""
        terminus = attach.source if attach.role == RECEIVER else attach.target
        address = Address.parse(_address(terminus))
        if address.node is not Node.ENTITY:
            return None
        return Place(address.queue, Role.RECEIVER if attach.role == RECEIVER else Role.SENDER)

    def _authorize(self, address: Address, attach: Attach) -> None:
        roles = [Role.SENDER, Role.RECEIVER]  # one of them, for $management
        if address.node is Node.ENTITY:
            roles = [Role.RECEIVER if attach.role == RECEIVER else Role.SENDER]
        refusals = [
            self._broker.faults.refusal(Place(address.queue, role), attaching=True)
            for role in roles
        ]
        if (refusal := refusals[0]) and all(refusals):
            raise RefusedError(refusal.condition, refusal.description)
        try:
            self._access.demand(address.queue, *roles, now=self._broker.now() / 1000)
        except UnauthorizedError as error:
            raise RefusedError("amqp:unauthorized-access", str(error)) from error

    def _reply_link(self, attach: Attach, address: Address) -> OutgoingLink:
        link = self._reply_links[address] = OutgoingLink(self._carrier, attach)
        return link

    def forget(self, link: Link) -> None:
        """A link is detached: no more replies on it."""
        for address in [key for key, reply in self._reply_links.items() if reply is link]:
            del self._reply_links[address]

    def _management(
        self, attach: Attach, address: Address, hosted: HostedQueue
    ) -> Callable[[], Link]:
        if attach.role == RECEIVER:
            return partial(self._reply_link, attach, address)
        management = Management(
            hosted, self._access, self._broker.faults, dead_letters=address.dead_letters
        )
        return partial(
            IncomingLink, self._carrier, attach, partial(self._manage, address, management)
        )

    def _reply(self, address: Address, reply: bytes) -> None:
        # Without regard to credit: the SDK never replenishes it on these links.
        if address in self._reply_links:
            self._reply_links[address].send(reply, b"", settled=True)

    def _cbs(self, address: Address, delivery: Delivery) -> None:
        request = self._request(delivery)
        if request is not None:
            self._reply(address, self._put_token(request))

    def _put_token(self, request: Request) -> bytes:
        broker = self._broker
        return put_token(request, self._access, broker.queues, broker.faults, broker.now() / 1000)

    def _manage(self, address: Address, management: Management, delivery: Delivery) -> None:
        request = self._request(delivery)
        if request is None:
            return

        def run() -> None:
            self._reply(address, management.answer(request, self._broker.now()))
            self._broker.request_turn()

        operation = management.held_as(request)
        if operation is None:
            run()
        else:
            management.hosted.holds.run(operation, self._owner, run)

    def _request(self, delivery: Delivery) -> Request | None:
        try:
            request = Request.parse(delivery.payload)
        except DecodeError as error:
            self._settle(delivery, rejected("amqp:decode-error", str(error)))
            return None
        self._settle(delivery, accepted())
        return request

    def _send(self, hosted: HostedQueue, delivery: Delivery) -> None:
        if delivery.too_large:
            limit = f"the message is larger than {MAX_MESSAGE_SIZE} bytes"
            self._settle(delivery, rejected("amqp:link:message-size-exceeded", limit))
            return

        def enqueue() -> None:
            queue = hosted.queue.name.lower()
            if refusal := self._broker.faults.refusal(Place(queue, Role.SENDER)):
                self._settle(delivery, rejected(refusal.condition, refusal.description))
                return
            try:
                parcels = [Parcel.sent(encoded) for encoded in _messages(delivery)]
            except DecodeError as error:
                self._settle(delivery, rejected("amqp:decode-error", str(error)))
                return
            for parcel in parcels:
                hosted.queue.enqueue(parcel, self._broker.now())
            self._settle(delivery, accepted())
            self._broker.request_turn()

        hosted.holds.run(Operation.SEND, self._owner, enqueue, delivery.payload)

    def _settle(self, delivery: Delivery, state: Described) -> None:
        if not delivery.settled:
            self._carrier.send_disposition(RECEIVER, delivery.delivery_id, state)


def _refuse_sessions(attach: Attach) -> None:
    """Refuses a receiver of a session: no queue here has any.

    Condition and text as Service Bus answers them; vdesabou/kafka-docker-playground issue 7949.
    """
    fields: list[Any] = attach.source.value if attach.source is not None else []
    filters = fields[_FILTER] if len(fields) > _FILTER else None
    if filters and _SESSION_FILTER in filters:
        raise RefusedError(
            "amqp:not-allowed",
            "A sessionful message receiver cannot be created on an entity that does not require "
            "sessions.",
        )


def _messages(delivery: Delivery) -> list[bytes]:
    if delivery.message_format == BATCH_FORMAT:
        return batched(delivery.payload)
    return [delivery.payload]


def _address(terminus: Described | None) -> str:
    fields: list[Any] = terminus.value if terminus is not None else []
    address = fields[SOURCE_OR_TARGET_ADDRESS] if fields else None
    if not isinstance(address, str):
        raise RefusedError("amqp:invalid-field", "the link names no address")
    return address
