"""What a worker is put through: killed at chosen moments, or left idle among faults.

`python -m tests.support.worker_ordeal kills --times 30` and `… idle --minutes 60` do at length what
the integration tests do in short, and print what became of every command.
"""

import argparse
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import astuple, dataclass, field
from enum import StrEnum
from itertools import cycle
from pathlib import Path

from sandbox.testing.domain_controller_process import Controller, running
from sandbox.testing.relay import Relay, relaying
from sandbox.testing.waiting import PATIENCE, wait_until
from shared.contracts.messages.directory_command import DirectoryCommand
from tests.support.worker_faults import Counted, between, counted
from tests.support.worker_process import (
    NO_SYNC,
    OFTEN,
    QUEUES,
    Rig,
    by_name,
    command,
    directory_environment,
    running_rig,
)

_LDAPS = 636
_IN_A_ROW = 5
"""Kills."""
_JOURNAL = "journal.sqlite3"
_AS_DEPLOYED = QUEUES | {"directory-commands": {"lockDurationSeconds": 5, "maxDeliveryCount": 10}}
RECEIVING, SENDING = ("directory-commands", "receiver"), ("directory-results", "sender")
FAULTS = (
    *(("black-hole", *where, 0.0) for where in (RECEIVING, SENDING)),
    *(("slowness", *where, 1.5) for where in (RECEIVING, SENDING)),
    *(("detach", *where, 0.0) for where in (RECEIVING, SENDING)),
    ("deafen", *RECEIVING, 0.0),
    *(("reset", *where, 0.0) for where in (RECEIVING, SENDING)),
    *(("entity-disabled", *where, 0.0) for where in (RECEIVING, SENDING)),
    *(("server-busy", *where, 0.0) for where in (RECEIVING, SENDING)),
    ("quota-full", *SENDING, 0.0),
    *(("token-refused", *where, 0.0) for where in (RECEIVING, SENDING)),
)
"""Name, queue, role and seconds: what a sandbox's Service Bus can do to a worker."""


class Moment(StrEnum):
    """When a worker is killed."""

    BEFORE_WRITE = "between the journal's intent and the write to AD"
    BEFORE_ANSWER = "between the write to AD and the answer"
    BEFORE_LETTING_GO = "between the answer and letting go"
    ANY = "at any time"


@dataclass
class Ordeal:
    """A worker's rig with a relay before AD, and all commands so far."""

    rig: Rig
    relay: Relay
    state: Path
    commands: list[DirectoryCommand] = field(default_factory=list)
    people: list[str] = field(default_factory=list)

    def send(self) -> DirectoryCommand:
        """Sends a command that puts two people in who were never named before."""
        names = [f"ordeal-{len(self.people) + more}" for more in range(2)]
        for name in names:
            self.rig.directory.create(name)
        self.people += names
        self.commands.append(command(by_name(*names)))
        self.rig.send(self.commands[-1])
        return self.commands[-1]

    @contextmanager
    def worker(self, **differences: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker that has said that it lives."""
        said = len(self.rig.reports())
        with self.rig.worker(self.state, **differences) as worker:
            wait_until(lambda: len(self.rig.reports()) > said)
            yield worker

    def kill(self, moment: Moment) -> None:
        """Starts a worker, gives it something to do, and kills it at that moment."""
        with self.worker() as worker, _AT[moment](self):
            worker.kill()
            worker.wait(PATIENCE)
        self.relay.flow()

    def counted(self) -> Counted:
        """What became of all commands; to be asked while a worker runs."""
        return counted(self.rig, self.commands)

    def intended(self) -> int:
        """How many changes stand in the journal of which it is not known whether they were made.

        The worker has the file for itself: what is read is a copy, of a moment at which it waits.
        """
        with tempfile.TemporaryDirectory() as folder:
            for end in ("", "-wal"):
                file = self.state / (_JOURNAL + end)
                if file.exists():
                    shutil.copy(file, folder)
            with sqlite3.connect(Path(folder) / _JOURNAL) as database:
                query = "SELECT count(*) FROM change WHERE outcome = 'intended'"
                (count,) = database.execute(query).fetchone()
            database.close()
        return int(count)


@contextmanager
def _before_write(ordeal: Ordeal) -> Iterator[None]:
    # The first that AD is asked once an intent is in the journal is the write itself.
    caught = ordeal.relay.swallow_when(lambda: ordeal.intended() > 0)
    ordeal.send()
    assert caught.wait(PATIENCE), "the worker wrote nothing"
    yield


@contextmanager
def _held(ordeal: Ordeal, queue: str, operation: str) -> Iterator[None]:
    with between(ordeal.rig, queue, operation):
        ordeal.send()
        wait_until(lambda: ordeal.rig.bus.waiting(queue, operation) > 0)
        yield


@contextmanager
def _any_time(ordeal: Ordeal) -> Iterator[None]:
    ordeal.send()
    time.sleep(random.random() / 2)  # noqa: S311  # of no secret
    yield


_AT: dict[Moment, Callable[[Ordeal], AbstractContextManager[None]]] = {
    Moment.BEFORE_WRITE: _before_write,
    Moment.BEFORE_ANSWER: lambda ordeal: _held(ordeal, "directory-results", "send"),
    Moment.BEFORE_LETTING_GO: lambda ordeal: _held(ordeal, "directory-commands", "settle"),
    Moment.ANY: _any_time,
}


@contextmanager
def ordeal(folder: Path, controller: Controller, **told: str) -> Iterator[Ordeal]:
    """A rig of its own, in which AD is reached through a relay."""
    with relaying((controller.ready["address"], _LDAPS)) as relay:
        environment = (
            directory_environment(controller, "kerberos")
            | NO_SYNC
            | {
                "SSPR_WORKER_DIRECTORY_ADDRESS": "127.0.0.1",
                "SSPR_WORKER_DIRECTORY_PORT": str(relay.port),
            }
            | told
        )
        with running_rig(folder / "bus", controller, environment, queues=_AS_DEPLOYED) as rig:
            rig.directory.empty()
            yield Ordeal(rig, relay, folder / "state")


def kills(ordeal: Ordeal, times: int) -> Counted:
    """Kills a worker so many times, a third of them before the write; returns what became of it.

    After every five it may work: ten deliveries in vain, and Service Bus sets a command aside.
    """
    others = cycle([Moment.BEFORE_ANSWER, Moment.BEFORE_LETTING_GO, Moment.ANY])
    found = Counted(0, 0, 0)
    for number in range(times):
        ordeal.kill(next(others) if number % 3 else Moment.BEFORE_WRITE)
        if number % _IN_A_ROW == _IN_A_ROW - 1 or number == times - 1:
            with ordeal.worker():
                found = ordeal.counted()
    return found


def idle(ordeal: Ordeal, seconds: float) -> Iterator[tuple[str, Counted]]:
    """Leaves a worker idle with faults in between; yields what became of each one's commands."""
    chance = random.Random(13)  # noqa: S311  # of no secret
    ends = time.monotonic() + seconds
    with ordeal.worker(**OFTEN, SSPR_WORKER_SERVICE_BUS_REOPEN_AFTER="10") as worker:
        while time.monotonic() < ends:
            for fault, queue, role, late in chance.sample(FAULTS, len(FAULTS)):
                if time.monotonic() >= ends:
                    break
                time.sleep(chance.uniform(5, 20))
                ordeal.rig.bus.fault(fault, queue, role, late)
                sent = [ordeal.send() for _ in range(chance.randrange(1, 4))]
                time.sleep(chance.uniform(1, 8))
                ordeal.rig.bus.clear_faults()
                assert worker.poll() is None, "the worker has ended"
                yield f"{fault} ({role})", counted(ordeal.rig, sent)


def _table(seen: list[tuple[str, Counted]]) -> str:
    lines = [
        "| fault | times | answered | lost | doubled | set aside |",
        "|---|---|---|---|---|---|",
    ]
    times = Counter(fault for fault, _ in seen)
    for fault, number in sorted(times.items()):
        found = [one for name, one in seen if name == fault]
        sums = [sum(part) for part in zip(*map(astuple, found), strict=True)]
        lines.append(f"| {fault} | {number} | {' | '.join(map(str, sums))} |")
    return "\n".join(lines)


def _show(came: Iterable[tuple[str, Counted]]) -> None:
    """Prints the table of all that came, also where something fails at the very end."""
    seen: list[tuple[str, Counted]] = []
    try:
        seen.extend(came)
    finally:
        sys.stdout.write(_table(seen) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Puts a worker through it and prints what became of its commands."""
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    kinds.add_parser("kills").add_argument("--times", type=int, default=30)
    kinds.add_parser("idle").add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            running(folder / "dc") as controller,
            ordeal(folder, controller) as made,
        ):
            if arguments.kind == "kills":
                began = time.monotonic()
                found = kills(made, arguments.times)
                said = f"{arguments.times} kills in {time.monotonic() - began:.0f} s: {found}"
                complete = made.rig.directory.members() == sorted(made.people)
                sys.stdout.write(f"{said}; the group is as wished: {complete}\n")
            else:
                _show(idle(made, arguments.minutes * 60))


if __name__ == "__main__":
    main()
