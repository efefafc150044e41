"""A client that speaks AMQP frame by frame, for what the Python SDK does not do or say."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.service_bus.amqp.frames import AMQP_HEADER, Frame, FrameReader, encode_frame
from sandbox.service_bus.amqp.performatives import (
    RECEIVER,
    SENDER,
    Attach,
    Begin,
    Disposition,
    Flow,
    Open,
    Performative,
    Transfer,
)
from sandbox.service_bus.amqp.types import Described, Symbol, UInt, ULong

SOURCE, TARGET, COORDINATOR = 0x28, 0x29, 0x30
_CREDIT = 10


class AmqpClient:
    """One connection with one session, on the plain port."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = FrameReader()
        self._frames: list[Frame] = []
        connection.sendall(AMQP_HEADER)
        self.send(Open("raw"))
        self.send(Begin(None, UInt(0), UInt(1000), UInt(1000)))

    def send(self, performative: Performative, payload: bytes = b"") -> None:
        """Sends a frame."""
        self._connection.sendall(encode_frame(0, performative, payload))

    def attach_sender(self, handle: int, queue: str, kind: int = TARGET) -> None:
        """Asks for a link to a queue, or to a transactions' coordinator."""
        target = Described(ULong(kind), [queue] if kind == TARGET else [])
        source = Described(ULong(SOURCE), ["raw"])
        self.send(
            Attach(
                f"s{handle}",
                UInt(handle),
                SENDER,
                source=source,
                target=target,
                initial_delivery_count=UInt(0),
            )
        )

    def attach_receiver(
        self, handle: int, queue: str, filters: dict[Symbol, Any] | None = None
    ) -> None:
        """Asks for a link from a queue, and gives it credit."""
        fields: list[Any] = [queue, *[None] * 6, filters]
        source = Described(ULong(SOURCE), fields if filters else [queue])
        target = Described(ULong(TARGET), ["raw"])
        self.send(Attach(f"r{handle}", UInt(handle), RECEIVER, source=source, target=target))
        self.send(
            Flow(
                UInt(0),
                UInt(1000),
                UInt(0),
                UInt(1000),
                handle=UInt(handle),
                delivery_count=UInt(0),
                link_credit=UInt(_CREDIT),
            )
        )

    def transfer(self, handle: int, message: bytes) -> None:
        """Sends a message and waits for the broker's word on it."""
        self.send(Transfer(UInt(handle), UInt(0), b"tag", UInt(0)), message)
        self.next(Disposition)

    def settle(self, delivery_id: int, state: Described) -> None:
        """Settles a delivery and leaves the answer for `next`."""
        identifier = UInt(delivery_id)
        self.send(Disposition(RECEIVER, identifier, identifier, settled=False, state=state))

    def next(self, kind: type[Performative]) -> Frame:
        """The next frame of that kind; what comes before it is passed over."""
        while True:
            while self._frames:
                frame = self._frames.pop(0)
                if isinstance(frame.performative, kind):
                    return frame
            received = self._connection.recv(65_536)
            if not received:
                raise ConnectionError("the broker has closed the connection")
            self._frames += [one for one in self._reader.feed(received) if isinstance(one, Frame)]


@contextmanager
def connected(port: int) -> Iterator[AmqpClient]:
    """A client of the plain port, for as long as the context lasts."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        yield AmqpClient(connection)
