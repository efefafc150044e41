"""AMQP in WebSocket messages, as clients behind a firewall on port 443 speak it."""

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from typing import Final

from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    Request,
)
from wsproto.utilities import RemoteProtocolError

from sandbox.service_bus.connection import Connection, Wire, reset_transport

PATH: Final = "/$servicebus/websocket"
SUBPROTOCOL: Final = "AMQPWSB10"


class WebSocketConnection(asyncio.Protocol):
    """Unpacks WebSocket messages for an AMQP connection, and packs what it writes."""

    def __init__(self, connect: Callable[[Wire], Connection], now: Callable[[], int]) -> None:
        self._connect = connect
        self._now = now
        self._websocket = WSConnection(ConnectionType.SERVER)
        self._connection: Connection | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The network is there; AMQP begins after the upgrade."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a stream, by what we listen on
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        try:
            self._websocket.receive_data(data)
            for event in self._websocket.events():
                self._handle(event)
        except RemoteProtocolError:
            self._refuse_http()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The network is gone."""
        if self._connection is not None:
            self._connection.lost()

    def write(self, data: bytes) -> None:
        """Sends AMQP bytes in one message."""
        self._send(BytesMessage(data))

    def close(self) -> None:
        """Says goodbye; the client answers and the network ends."""
        self._send(CloseConnection(code=1000))

    def reset(self) -> None:
        """Ends the connection at once."""
        if self._transport is not None:
            reset_transport(self._transport)

    def _handle(self, event: Event) -> None:
        match event:
            case Request():
                self._upgrade(event)
            case BytesMessage() if self._connection is not None:
                self._connection.receive(bytes(event.data))
            case Ping():
                self._send(event.response())
            case CloseConnection():
                # Where we said goodbye first, this is the answer already.
                if self._websocket.state is ConnectionState.REMOTE_CLOSING:
                    self._send(event.response())
                self._end()
            case _:
                self._end()

    def _upgrade(self, request: Request) -> None:
        if request.target.partition("?")[0].rstrip("/") != PATH:
            self._send(RejectConnection(status_code=404, headers=[self._date()]))
            self._end()
        elif SUBPROTOCOL not in request.subprotocols:
            self._send(RejectConnection(status_code=400, headers=[self._date()]))
            self._end()
        else:
            self._send(AcceptConnection(subprotocol=SUBPROTOCOL))
            self._connection = self._connect(self)

    def _refuse_http(self) -> None:
        """Answers whoever asks for no WebSocket, if they have not got one already."""
        if self._transport is not None and self._websocket.state is ConnectionState.CONNECTING:
            lines = (b"HTTP/1.1 400 Bad Request", b": ".join(self._date()), b"Content-Length: 0")
            self._transport.write(b"\r\n".join((*lines, b"Connection: close", b"", b"")))
        self._end()

    def _date(self) -> tuple[bytes, bytes]:
        """The header that a server with a clock has to send (RFC 9110, section 6.6.1)."""
        return b"Date", formatdate(self._now() / 1000, usegmt=True).encode()

    def _send(self, event: Event) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._websocket.send(event))

    def _end(self) -> None:
        if self._transport is not None:
            self._transport.close()
