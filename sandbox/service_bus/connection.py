"""A connection: protocol headers, SASL, open and close; its sessions do the rest."""

import asyncio
import logging
import socket
import struct
from collections.abc import Callable, Collection
from functools import partial
from typing import Final, Protocol

from sandbox.service_bus.access import Access
from sandbox.service_bus.amqp.frames import (
    AMQP_HEADER,
    EMPTY_FRAME,
    MAX_FRAME_SIZE,
    SASL_HEADER,
    Frame,
    FrameReader,
    encode_frame,
    encode_sasl_frame,
)
from sandbox.service_bus.amqp.performatives import (
    Begin,
    Close,
    End,
    Open,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
    amqp_error,
)
from sandbox.service_bus.amqp.types import Array, DecodeError, Symbol, UByte, UInt, UShort
from sandbox.service_bus.broker import Broker
from sandbox.service_bus.faults import Place, Refusal
from sandbox.service_bus.session import Session

logger = logging.getLogger(__name__)

_MECHANISMS: Final = ("MSSBCBS", "ANONYMOUS", "EXTERNAL")
_CHANNEL_MAX: Final = 255
_IDLE_SECONDS: Final = 240
"""After which a client that sends nothing is given up, as Service Bus says in its open frame."""


_UNACKNOWLEDGED_SECONDS: Final = 20
"""About what Windows takes for its five retransmissions (TcpMaxDataRetransmissions)."""


class Wire(Protocol):
    """Where a connection's bytes go."""

    def write(self, data: bytes) -> None:
        """Sends bytes to the client."""

    def close(self) -> None:
        """Ends the connection when everything is sent."""

    def reset(self) -> None:
        """Ends the connection at once."""


class Connection:
    """One client's AMQP connection.

    Attributes:
        closed: Set when the client is gone.
        peer_max_frame_size: Bytes the client takes in one frame.
    """

    def __init__(self, broker: Broker, access: Access, wire: Wire) -> None:
        self._broker = broker
        self._access = access
        self.closed = False
        self.peer_max_frame_size = MAX_FRAME_SIZE
        self._wire = wire
        self._reader = FrameReader()
        self._output: list[bytes] = []
        self._sessions: dict[int, Session] = {}
        self._closing = False
        self._dead = False
        self._unacknowledged: asyncio.TimerHandle | None = None
        self._on_its_way: float = 0
        self._loop = asyncio.get_running_loop()
        self._heartbeat: asyncio.TimerHandle | None = None
        self._silence = self._loop.call_later(_IDLE_SECONDS, self._end_of_silence)
        broker.peers.add(self)

    def receive(self, data: bytes) -> None:
        """Takes bytes off the network."""
        if self._is_dead():
            return
        self._silence.cancel()
        self._silence = self._loop.call_later(_IDLE_SECONDS, self._end_of_silence)
        try:
            for item in self._reader.feed(data):
                if isinstance(item, Frame):
                    self._handle(item)
                else:
                    self._header(item)
        except DecodeError as error:
            logger.warning("closing a connection: %s", error)
            self._close(Close(amqp_error("amqp:decode-error", str(error))))
        # Credit or a drain may be all that came: dispatch is due even without output.
        self._broker.request_turn()

    def send(self, data: bytes) -> None:
        """Queues bytes that leave when this turn is on disk."""
        self._output.append(data)
        self._broker.request_turn(self)

    def flush(self) -> None:
        """Writes what was queued."""
        output = b"".join(self._output)
        self._output.clear()
        if self.closed:
            return
        if self._is_dead():
            self._give_up_soon()
            return
        delay = self._broker.faults.delay(self.places)
        # Nothing overtakes what is on its way already.
        self._on_its_way = max(self._loop.time() + delay, self._on_its_way)
        if self._on_its_way <= self._loop.time():
            self._write(output, last=self._closing)
        else:
            self._loop.call_at(self._on_its_way, partial(self._write, output, last=self._closing))

    def _write(self, output: bytes, *, last: bool) -> None:
        if self.closed:
            return
        self._wire.write(output)
        if last:
            self._wire.close()

    def _is_dead(self) -> bool:
        """Whether nothing gets through: once bytes are lost, none ever does again."""
        self._dead = self._dead or self._broker.faults.swallows(self.places)
        return self._dead

    def _give_up_soon(self) -> None:
        """Ends a connection on which what was sent is never acknowledged."""
        if self._unacknowledged is None:
            self._unacknowledged = self._loop.call_later(_UNACKNOWLEDGED_SECONDS, self.reset)

    def _end_of_silence(self) -> None:
        """Gives up a client that has not been heard of for long."""
        logger.info("a connection was idle for %s s", _IDLE_SECONDS)
        self.reset()

    @property
    def places(self) -> Collection[Place]:
        """Where its links are attached."""
        return [place for session in self._sessions.values() for place in session.places]

    def detach(self, meant: Callable[[Place], bool], refusal: Refusal) -> None:
        """Detaches links by force."""
        for session in self._sessions.values():
            session.detach(meant, refusal)

    def deafen(self, meant: Callable[[Place], bool]) -> None:
        """Gives receivers no more messages."""
        for session in self._sessions.values():
            session.deafen(meant)

    def reset(self) -> None:
        """Ends it without a word."""
        self._wire.reset()

    def lost(self) -> None:
        """The client is gone; what it had locked stays locked until the locks expire."""
        self.closed = True
        self._broker.peers.discard(self)
        self._silence.cancel()
        if self._unacknowledged is not None:
            self._unacknowledged.cancel()
        if self._heartbeat is not None:
            self._heartbeat.cancel()
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        self._broker.request_turn()

    def _header(self, header: bytes) -> None:
        if header == SASL_HEADER:
            mechanisms = Array(Symbol(name) for name in _MECHANISMS)
            self.send(SASL_HEADER + encode_sasl_frame(SaslMechanisms(mechanisms)))
            return
        # Any other header is answered with the one this broker speaks (part 2, section 2.2).
        self.send(AMQP_HEADER)
        if header != AMQP_HEADER:
            self._closing = True

    def _handle(self, frame: Frame) -> None:
        match frame.performative:
            case SaslInit():
                self.send(encode_sasl_frame(SaslOutcome(UByte(0))))
            case Open() as performative:
                self._open(performative)
            case Begin() as performative:
                self._begin(frame.channel, performative)
            case End():
                self._end(frame.channel)
            case Close():
                self._close(Close())
            case performative:
                session = self._sessions.get(frame.channel)
                if session is not None:  # the SDK sends detach after end
                    session.handle(performative, frame.payload)

    def _begin(self, channel: int, begin: Begin) -> None:
        self._sessions[channel] = Session(self, self._broker, self._access, channel, begin)

    def _open(self, opening: Open) -> None:
        if opening.max_frame_size is not None:
            self.peer_max_frame_size = min(int(opening.max_frame_size), MAX_FRAME_SIZE)
        if opening.idle_timeout:
            self._beat(int(opening.idle_timeout) / 2000)
        answer = Open(
            container_id="service-bus-sandbox",
            max_frame_size=UInt(MAX_FRAME_SIZE),
            channel_max=UShort(_CHANNEL_MAX),
            idle_timeout=UInt(_IDLE_SECONDS * 1000),
        )
        self.send(encode_frame(0, answer))

    def _beat(self, seconds: float) -> None:
        """Keeps a client with an idle time-out from giving up, from `seconds` on."""

        def beat() -> None:
            if not self._is_dead():
                self._wire.write(EMPTY_FRAME)
            self._beat(seconds)

        self._heartbeat = self._loop.call_later(seconds, beat)

    def _end(self, channel: int) -> None:
        session = self._sessions.pop(channel, None)
        if session is not None:
            session.close()
            self.send(encode_frame(channel, End()))

    def _close(self, close: Close) -> None:
        self._closing = True
        self.send(encode_frame(0, close))


def reset_transport(transport: asyncio.Transport) -> None:
    """Ends a TCP connection by a reset instead of a goodbye."""
    plain = transport.get_extra_info("socket")
    if plain is not None:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class TcpConnection(asyncio.Protocol):
    """AMQP directly on TCP or TLS."""

    def __init__(self, connect: Callable[[Wire], Connection]) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The network is there."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream, by what we listen on
        self._transport = transport
        self._connection = self._connect(self)

    def write(self, data: bytes) -> None:
        """Sends AMQP bytes."""
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """Ends the connection when everything is sent."""
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """Ends the connection at once."""
        if self._transport is not None:
            reset_transport(self._transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        assert self._connection is not None  # noqa: S101 - asyncio calls connection_made first
        self._connection.receive(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The network is gone."""
        assert self._connection is not None  # noqa: S101 - asyncio calls connection_made first
        self._connection.lost()
