"""Places on this machine's loopback: an address and ports that no other sandbox has.

A place belongs to a state folder as long as that folder exists, whether its sandbox runs or not.
The ports lie below those that the kernel deals to clients (32768 and up, `ip_local_port_range`), so
that nobody's outgoing connection sits on one of them while a sandbox is down.
"""

import fcntl
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_NUMBERS = range(240)
_FIRST_ADDRESS = 10
_FIRST_PORT = 20_000
_PORTS = 16
_LDAPS = 636


class NoPlaceLeft(OSError):
    """Every place is taken, by a sandbox or by another program."""


@dataclass(frozen=True, slots=True)
class Place:
    """A loopback address for a domain controller, whose ports are fixed, and ports for the rest."""

    number: int

    @property
    def address(self) -> str:
        """Where the domain controller listens."""
        return f"127.0.0.{_FIRST_ADDRESS + self.number}"

    @property
    def ports(self) -> tuple[int, ...]:
        """Ports of 127.0.0.1."""
        first = _FIRST_PORT + self.number * _PORTS
        return tuple(range(first, first + _PORTS))

    def is_free(self) -> bool:
        """Whether nobody listens there now, be it a sandbox of another user or in a container."""
        wanted = [(self.address, _LDAPS), *(("127.0.0.1", port) for port in self.ports)]
        try:
            for address in wanted:
                socket.create_server(address).close()
        except OSError:
            return False
        return True


def reserve(state: Path, registry: Path | None = None) -> Place:
    """Give a state folder, which has to exist, a place; of two that ask at once each gets its own.

    Args:
        state: the folder whose place it is to be.
        registry: the folder with the list of places; this user's by default.

    Raises:
        NoPlaceLeft: none is free.
    """
    with _register(registry or _registry()) as taken:
        for place in map(Place, _NUMBERS):
            if str(place.number) not in taken and place.is_free():
                taken[str(place.number)] = str(state.absolute())
                return place
    raise NoPlaceLeft(
        f"none of {len(_NUMBERS)} places on the loopback is free; "
        "remove the folders of sandboxes that are no longer needed (.sandbox and the like)"
    )


@contextmanager
def _register(folder: Path) -> Iterator[dict[str, str]]:
    """Which folder has which place, for whoever holds the lock; changes are kept."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "places.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        known: dict[str, str] = json.loads(file.read() or "{}")
        taken = {number: state for number, state in known.items() if Path(state).exists()}
        yield taken
        file.truncate(0)
        file.write(json.dumps(taken))


def _registry() -> Path:
    return Path(tempfile.gettempdir()) / f"sspr-sandboxes-{os.getuid()}"
