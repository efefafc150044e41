"""The watchdog: ends a process whose loop no longer turns, so that the service starts it again.

Every wait of the worker has an end, and yet a library may hang where none of ours is. The thread is
the same on Windows and Linux; systemd is told besides, for a process in which nothing runs.
"""

import faulthandler
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import structlog

_log = structlog.get_logger(__name__)

EXIT_STATUS = 70
"""Of a process that was ended because it hung; `EX_SOFTWARE` of sysexits.h."""


class Watchdog:
    """Waits for the loop's turns, in a thread of its own."""

    def __init__(
        self,
        longest_turn: float,
        tell: Callable[[bytes], None],
        *,
        end: Callable[[int], object] = os._exit,
        look_every: float = 15,
    ) -> None:
        """Takes how long a turn may last and what to do after it.

        Args:
            longest_turn: Seconds after which a turn is no longer waited for.
            tell: Tells the service's supervisor something, as `sd_notify(3)` has it.
            end: Ends the process at once; the other threads may hang as well.
            look_every: Seconds between two looks, at each of which the supervisor is told.
        """
        self._longest_turn = longest_turn
        self._tell = tell
        self._end = end
        self._look_every = look_every
        self._turned_at = time.monotonic()
        self._over = Event()

    def turned(self) -> None:
        """Notes that the loop has come round."""
        self._turned_at = time.monotonic()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watches as long as the context lasts, from now on."""
        self.turned()
        # Before any sign of life, which the thread may send at once.
        self._tell(b"READY=1")
        thread = Thread(target=self._watch, name="watchdog", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()
            self._tell(b"STOPPING=1")

    def _watch(self) -> None:
        while not self._over.wait(self._look_every):
            silent = time.monotonic() - self._turned_at
            if silent > self._longest_turn:
                _log.critical("loop-stuck", seconds=round(silent))
                # Where it hangs is what a report of the fault needs; it names lines, no values.
                faulthandler.dump_traceback(sys.stderr)
                self._end(EXIT_STATUS)
                return
            self._tell(b"WATCHDOG=1")


def told_to(address: str | None) -> Callable[[bytes], None]:
    """Returns how to tell the supervisor at `address`; nobody is told without one.

    The address is that of a Unix socket, one of the abstract kind if it begins with `@`
    (sd_notify(3), systemd 257).
    """
    if not address:
        return lambda _: None
    name = "\0" + address[1:] if address.startswith("@") else address

    def tell(text: bytes) -> None:
        # A supervisor that is gone is no reason to stop.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
            connection.sendto(text, name)

    return tell
