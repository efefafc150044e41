"""What the host and the app's process say to each other, over a socket that only they have.

In Azure it is gRPC; here it is frames of pickles, which nobody but these two can write.
"""

import asyncio
import pickle
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from sandbox.functions_host.function import Function, Outcome
from sandbox.functions_host.protocol import TypedData

_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The first word of the app's process.

    Attributes:
        functions: What was indexed; nothing where the app could not be.
        problem: Why it could not be indexed.
    """

    functions: tuple[Function, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Invocation:
    """The host wants a function to be run."""

    id: str
    function: str
    data: TypedData
    metadata: Mapping[str, TypedData]


@dataclass(frozen=True, slots=True)
class Finished:
    """A function has been run."""

    invocation: str
    outcome: Outcome


class Channel:
    """One end of the socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, connected: socket.socket) -> Self:
        """Talk over a socket that is connected."""
        return cls(*await asyncio.open_unix_connection(sock=connected))

    async def send(self, message: Loaded | Invocation | Finished) -> None:
        """Send a message.

        Raises:
            ConnectionError: When the other side has ended.
        """
        frame = pickle.dumps(message)
        self._writer.write(_LENGTH.pack(len(frame)) + frame)
        await self._writer.drain()

    async def receive(self) -> Any:
        """Wait for a message.

        Raises:
            EOFError: When the other side has ended.
        """
        try:
            (length,) = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))
            return pickle.loads(await self._reader.readexactly(length))  # noqa: S301 - our other half's
        except ConnectionError as error:
            raise EOFError from error
