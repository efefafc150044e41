"""Links: the two directions of messages between a client and a node, and their credit."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol
from uuid import UUID

from sandbox.service_bus.amqp.message import broker_annotations, encode_delivery
from sandbox.service_bus.amqp.performatives import Attach, Flow, Transfer
from sandbox.service_bus.amqp.types import Described, UInt
from sandbox.service_bus.broker import HostedQueue
from sandbox.service_bus.queue import Message

MAX_MESSAGE_SIZE: Final = 262_144
"""Bytes of one message or batch on Service Bus Standard."""
_SENDER_CREDIT: Final = 1000
_PRE_SETTLED: Final = 1  # snd-settle-mode


class Carrier(Protocol):
    """What carries a link's frames to the client, and answers for its deliveries: a session.

    Attributes:
        unsettled: By delivery id, what the client still has to settle.
    """

    unsettled: "dict[int, Unsettled]"

    @property
    def window_open(self) -> bool:
        """Whether the client takes another transfer frame."""

    def send_transfer(self, handle: UInt, payload: bytes, tag: bytes, *, settled: bool) -> int:
        """Sends a message on a link; returns its delivery id."""

    def send_flow(
        self, handle: UInt, delivery_count: int, credit: int, *, drain: bool = False
    ) -> None:
        """Sends a link's credit."""

    def send_disposition(self, role: bool, delivery_id: int, state: Described) -> None:
        """Settles a delivery; `role` is ours in it."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message, or a batch, that a client sent."""

    delivery_id: int
    message_format: int
    payload: bytes
    settled: bool
    too_large: bool


class IncomingLink:
    """A client sends to a node: puts transfers together and keeps the client in credit."""

    def __init__(
        self, carrier: Carrier, attach: Attach, on_delivery: Callable[[Delivery], None]
    ) -> None:
        self.handle = attach.handle
        self._carrier = carrier
        self._on_delivery = on_delivery
        self._delivery_count = int(attach.initial_delivery_count or 0)
        self._credit = 0
        self._first: Transfer | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self.grant_credit()

    def grant_credit(self) -> None:
        """Tells the client that it may send."""
        self._credit = _SENDER_CREDIT
        self._carrier.send_flow(self.handle, self._delivery_count, self._credit)

    def transfer(self, transfer: Transfer, payload: bytes) -> None:
        """Takes a message or a part of one."""
        first = self._first = self._first or transfer
        self._size += len(payload)
        if self._size <= MAX_MESSAGE_SIZE:
            self._parts.append(payload)
        if transfer.more:
            return
        delivery = Delivery(
            delivery_id=int(first.delivery_id or 0),
            message_format=int(first.message_format or 0),
            payload=b"".join(self._parts),
            settled=bool(transfer.settled or first.settled),
            too_large=self._size > MAX_MESSAGE_SIZE,
        )
        self._first, self._parts, self._size = None, [], 0
        self._delivery_count += 1
        self._credit -= 1
        if not transfer.aborted:
            self._on_delivery(delivery)
        if self._credit <= _SENDER_CREDIT // 2:
            self.grant_credit()


class OutgoingLink:
    """A node sends to a client, as far as the client's credit goes."""

    def __init__(self, carrier: Carrier, attach: Attach) -> None:
        self.handle = attach.handle
        self._carrier = carrier
        self._credit = 0
        self._delivery_count = 0
        self._draining = False

    def flow(self, flow: Flow) -> None:
        """The client gives credit, or wants the rest of it used up or given back."""
        granted = int(flow.delivery_count or 0) + int(flow.link_credit or 0)
        self._credit = max(granted - self._delivery_count, 0)
        self._draining = bool(flow.drain)
        if flow.echo:
            self._send_flow()

    def send(self, payload: bytes, tag: bytes, *, settled: bool) -> int:
        """Sends a message; returns its delivery id."""
        self._credit -= 1
        self._delivery_count += 1
        return self._carrier.send_transfer(self.handle, payload, tag, settled=settled)

    @property
    def ready(self) -> bool:
        """Whether the client can take a message."""
        return self._credit > 0 and self._carrier.window_open

    def after_dispatch(self) -> None:
        """Gives back the credit that a drain left over."""
        if self._draining:
            self._delivery_count += self._credit
            self._credit = 0
            self._send_flow()
            self._draining = False

    def _send_flow(self) -> None:
        self._carrier.send_flow(
            self.handle, self._delivery_count, self._credit, drain=self._draining
        )


class QueueReceiver(OutgoingLink):
    """A client receives from a queue or from its dead letters."""

    def __init__(
        self, carrier: Carrier, attach: Attach, hosted: HostedQueue, *, dead_letters: bool
    ) -> None:
        super().__init__(carrier, attach)
        self.pre_settled = attach.snd_settle_mode == _PRE_SETTLED
        self._hosted = hosted
        self._dead_letters = dead_letters
        self._deaf = False
        hosted.attach(self, dead_letters=dead_letters)

    @property
    def ready(self) -> bool:
        """Whether the client can take a message."""
        return not self._deaf and super().ready

    def deafen(self) -> None:
        """Gets no more messages, and is not told."""
        self._deaf = True

    def deliver(self, message: Message) -> None:
        """Sends a message; what is locked waits for its settlement."""
        token = message.lock_token
        delivery_id = self.send(
            encode_message(message), token.bytes_le if token else b"", settled=token is None
        )
        if token is not None:
            self._carrier.unsettled[delivery_id] = Unsettled(self, self._hosted, token)

    def detach(self) -> None:
        """The queue gives it no more messages."""
        self._hosted.detach(self, dead_letters=self._dead_letters)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A delivery that a client has not settled yet."""

    link: QueueReceiver
    hosted: HostedQueue
    token: UUID


def encode_message(message: Message, *, with_state: bool = False) -> bytes:
    """A message as a receiver gets it; `with_state` for peeked and deferred ones."""
    why = message.dead_letter
    explained = {
        "DeadLetterReason": why.reason if why else None,
        "DeadLetterErrorDescription": why.description if why else None,
    }
    return encode_delivery(
        message.parcel,
        delivery_count=message.delivery_count,
        broker_annotations=broker_annotations(
            sequence_number=message.sequence_number,
            enqueued_at=message.enqueued_at,
            locked_until=message.locked_until if message.lock_token else None,
            state=message.state if with_state else None,
        ),
        lock_token=message.lock_token,
        application_properties={key: text for key, text in explained.items() if text is not None},
    )


def encode_peeked(message: Message) -> bytes:
    """A message as someone who only looks sees it: with its state, without its lock."""
    return encode_message(replace(message, lock_token=None), with_state=True)
