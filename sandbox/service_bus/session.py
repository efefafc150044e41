"""A session: links, transfer windows, and the settlement of what was delivered."""

from collections.abc import Callable, Collection
from typing import Final, Protocol

from sandbox.service_bus.access import Access
from sandbox.service_bus.amqp.frames import encode_frame, encode_transfer
from sandbox.service_bus.amqp.performatives import (
    ACCEPTED,
    MODIFIED,
    RECEIVER,
    REJECTED,
    RELEASED,
    SENDER,
    Attach,
    Begin,
    Detach,
    Disposition,
    Flow,
    Performative,
    Transfer,
    amqp_error,
    rejected,
)
from sandbox.service_bus.amqp.types import DecodeError, Described, UInt, ULong, UShort
from sandbox.service_bus.broker import Broker
from sandbox.service_bus.faults import Place, Refusal
from sandbox.service_bus.holds import Operation, Owner
from sandbox.service_bus.link import (
    MAX_MESSAGE_SIZE,
    IncomingLink,
    OutgoingLink,
    QueueReceiver,
    Unsettled,
)
from sandbox.service_bus.nodes import Nodes, RefusedError
from sandbox.service_bus.queue import DeadLetter, LockLostError, Outcome

_WINDOW: Final = 2**31 - 1  # frames; the disk is the bottleneck, not the memory
_LOCK_LOST: Final = "com.microsoft:message-lock-lost"
_TERMINAL: Final = {
    ACCEPTED: Outcome.COMPLETE,
    REJECTED: Outcome.DEAD_LETTER,
    RELEASED: Outcome.RELEASE,
}


class Outlet(Owner, Protocol):
    """Where a session's frames leave: its connection.

    Attributes:
        peer_max_frame_size: Bytes the client takes in one frame.
    """

    peer_max_frame_size: int

    def send(self, data: bytes) -> None:
        """Queues bytes that leave when this turn is on disk."""


class Session:
    """One session of a connection, on one channel in both directions."""

    def __init__(
        self, outlet: Outlet, broker: Broker, access: Access, channel: int, begin: Begin
    ) -> None:
        self.unsettled: dict[int, Unsettled] = {}
        self._outlet = outlet
        self._broker = broker
        self._channel = channel
        self._nodes = Nodes(self, outlet, broker, access)
        self._links: dict[int, IncomingLink | OutgoingLink] = {}
        self._places: dict[int, Place] = {}
        self._next_incoming_id = int(begin.next_outgoing_id)
        self._next_outgoing_id = 0
        self._next_delivery_id = 0
        self._window = int(begin.incoming_window)
        self._send(
            Begin(
                remote_channel=UShort(channel),
                next_outgoing_id=UInt(0),
                incoming_window=UInt(_WINDOW),
                outgoing_window=UInt(_WINDOW),
                handle_max=UInt(255),
            )
        )

    def handle(self, performative: Performative, payload: bytes) -> None:
        """Deals with a frame of this session; what concerns unknown links is ignored."""
        match performative:
            case Transfer():
                self._transfer(performative, payload)
            case Disposition():
                self._disposition(performative)
            case Flow():
                self._flow(performative)
            case Attach():
                self._attach(performative)
            case Detach():
                self._detach(performative)
            case _:
                raise DecodeError(f"{type(performative).__name__} does not belong in a session")

    def close(self) -> None:
        """Ends all links. Locks stay: their holder may settle them from elsewhere."""
        for link in self._links.values():
            self._leave(link)
        self._links.clear()
        self._places.clear()

    @property
    def places(self) -> Collection[Place]:
        """Where its links to queues are attached."""
        return self._places.values()

    def detach(self, meant: Callable[[Place], bool], refusal: Refusal) -> None:
        """Detaches links by force."""
        for handle in [handle for handle, place in self._places.items() if meant(place)]:
            del self._places[handle]
            self._leave(self._links.pop(handle))
            error = amqp_error(refusal.condition, refusal.description)
            self._send(Detach(UInt(handle), closed=True, error=error))

    def deafen(self, meant: Callable[[Place], bool]) -> None:
        """Gives receivers no more messages."""
        for handle, place in self._places.items():
            link = self._links[handle]
            if isinstance(link, QueueReceiver) and meant(place):
                link.deafen()

    def _attach(self, attach: Attach) -> None:
        answer = attach._replace(
            role=not attach.role,
            unsettled=None,
            initial_delivery_count=UInt(0) if attach.role == RECEIVER else None,
            max_message_size=ULong(MAX_MESSAGE_SIZE) if attach.role == SENDER else None,
            desired_capabilities=None,
            properties=None,
        )
        try:
            connect = self._nodes.resolve(attach)
        except RefusedError as refusal:
            self._send(answer._replace(source=None, target=None))
            error = amqp_error(refusal.condition, str(refusal))
            self._send(Detach(attach.handle, closed=True, error=error))
            return
        self._send(answer)
        self._links[attach.handle] = connect()
        if place := self._nodes.place(attach):
            self._places[attach.handle] = place

    def _detach(self, detach: Detach) -> None:
        link = self._links.pop(detach.handle, None)
        if link is None:
            return
        self._places.pop(detach.handle, None)
        self._leave(link)
        self._send(Detach(detach.handle, closed=detach.closed))

    def _leave(self, link: IncomingLink | OutgoingLink) -> None:
        """Lets go of a link. What it has locked stays so, and is settled by its token only.

        Source: Microsoft's own live test `test_queue_send_dict_messages`, azure-servicebus 7.15.
        """
        if isinstance(link, QueueReceiver):
            link.detach()
            held = [key for key, unsettled in self.unsettled.items() if unsettled.link is link]
            for delivery_id in held:
                del self.unsettled[delivery_id]
        self._nodes.forget(link)

    def _flow(self, flow: Flow) -> None:
        seen = int(flow.next_incoming_id or 0)
        self._window = seen + int(flow.incoming_window) - self._next_outgoing_id
        link = self._links.get(flow.handle) if flow.handle is not None else None
        if isinstance(link, OutgoingLink):
            link.flow(flow)

    def _transfer(self, transfer: Transfer, payload: bytes) -> None:
        self._next_incoming_id += 1
        link = self._links.get(transfer.handle)
        if isinstance(link, IncomingLink):
            link.transfer(transfer, payload)

    def _disposition(self, disposition: Disposition) -> None:
        if disposition.role != RECEIVER or disposition.state is None:
            return
        first = int(disposition.first)
        last = first if disposition.last is None else int(disposition.last)
        # The range is the peer's to choose: walk what is unsettled, unless it is one delivery.
        candidates = [first] if first == last else sorted(self.unsettled)
        for delivery_id in candidates:
            if first <= delivery_id <= last and delivery_id in self.unsettled:
                self._settle(delivery_id, disposition.state, answer=not disposition.settled)

    def _settle(self, delivery_id: int, state: Described, *, answer: bool) -> None:
        outcome = _outcome(state)
        if outcome is None:
            return
        unsettled = self.unsettled.pop(delivery_id)

        def settle() -> None:
            result = _apply(unsettled, outcome, state, self._broker.now())
            if answer:
                self.send_disposition(SENDER, delivery_id, result)
            self._broker.request_turn()

        unsettled.hosted.holds.run(Operation.SETTLE, self._outlet, settle)

    @property
    def window_open(self) -> bool:
        """Whether the client takes another transfer frame."""
        return self._window > 0

    def send_transfer(self, handle: UInt, payload: bytes, tag: bytes, *, settled: bool) -> int:
        """Sends a message on a link; returns its delivery id."""
        delivery_id = self._next_delivery_id
        self._next_delivery_id += 1
        transfer = Transfer(handle, UInt(delivery_id), tag, UInt(0), settled, more=False)
        limit = self._outlet.peer_max_frame_size
        frames = encode_transfer(self._channel, transfer, payload, limit)
        self._next_outgoing_id += len(frames)
        self._window -= len(frames)
        for frame in frames:
            self._outlet.send(frame)
        return delivery_id

    def send_flow(
        self, handle: UInt, delivery_count: int, credit: int, *, drain: bool = False
    ) -> None:
        """Sends a link's credit, and the session's windows with it."""
        self._send(
            Flow(
                next_incoming_id=UInt(self._next_incoming_id),
                incoming_window=UInt(_WINDOW),
                next_outgoing_id=UInt(self._next_outgoing_id),
                outgoing_window=UInt(_WINDOW),
                handle=handle,
                delivery_count=UInt(delivery_count),
                link_credit=UInt(credit),
                drain=drain,
            )
        )

    def send_disposition(self, role: bool, delivery_id: int, state: Described) -> None:
        """Settles a delivery; `role` is ours in it."""
        identifier = UInt(delivery_id)
        self._send(Disposition(role, identifier, identifier, settled=True, state=state))

    def _send(self, performative: Performative) -> None:
        self._outlet.send(encode_frame(self._channel, performative))


def _outcome(state: Described) -> Outcome | None:
    """What a delivery state asks for; `None` for one that is not terminal."""
    if state.descriptor == MODIFIED:
        _, undeliverable_here = [*state.value, None, None][:2]
        # An abandon counts whatever it says of the delivery: .NET and JavaScript say nothing.
        return Outcome.DEFER if undeliverable_here else Outcome.ABANDON
    return _TERMINAL.get(state.descriptor)


def _apply(unsettled: Unsettled, outcome: Outcome, state: Described, now: int) -> Described:
    """Settles; returns the state that tells the client how it went."""
    dead_letter = _dead_letter(state) if outcome is Outcome.DEAD_LETTER else None
    try:
        unsettled.hosted.queue.settle(unsettled.token, outcome, now, dead_letter)
    except LockLostError as error:
        return rejected(_LOCK_LOST, str(error))
    # The SDK takes a rejection that carries an error for a failure to dead-letter.
    return Described(state.descriptor, []) if outcome is Outcome.DEAD_LETTER else state


def _dead_letter(state: Described) -> DeadLetter:
    """Reason and description out of the info of a rejection's error."""
    error = state.value[0] if state.value else None
    info = error.value[2] if error is not None and len(error.value) > 2 else None  # noqa: PLR2004 - condition, description, info
    info = info or {}
    return DeadLetter(info.get("DeadLetterReason"), info.get("DeadLetterErrorDescription"))
