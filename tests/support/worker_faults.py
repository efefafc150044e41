"""Counts what became of commands that a fault or a kill may have cost."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.testing.waiting import wait_until
from shared.contracts.messages.directory_command import DirectoryCommand
from shared.domain.person.writes import WriteOutcome
from tests.support.worker_process import Rig


@dataclass(frozen=True)
class Counted:
    """What became of commands that each were to change something."""

    answered: int
    """As done, last."""
    lost: int
    """Not answered as done."""
    doubled: int
    """Done twice: answered by another content than the first time, or "already" by its own doing.

    Service Bus drops an answer that is sent again under the same id; one that arrives twice counts.
    """
    set_aside: int = 0
    """Dead letters all the same, by too many deliveries."""


def counted(rig: Rig, commands: Sequence[DirectoryCommand]) -> Counted:
    """Waits until all are answered and let go, and counts."""
    wait_until(
        lambda: all(rig.results(one.command_key) for one in commands),
        lambda: str([one.command_key for one in commands if not rig.results(one.command_key)]),
    )
    rig.wait_until_done()
    dead = rig.bus.messages("directory-commands", dead_letters=True)
    answered = doubled = set_aside = 0
    for one in commands:
        results = rig.results(one.command_key)
        outcomes = [tuple(member.outcome for member in result.members) for result in results]
        states = [(result.sync.state, result.sync.problem) for result in results]
        answered += bool(outcomes) and set(outcomes[-1]) == {WriteOutcome.DONE}
        set_aside += any(one.command_key in str(letter["body"]) for letter in dead)
        doubled += len(set(outcomes)) > 1 or len(states) > len(set(states))
    return Counted(answered, len(commands) - answered, doubled, set_aside)


@contextmanager
def between(rig: Rig, queue: str, operation: str) -> Iterator[None]:
    """Holds back an operation for as long as the context lasts."""
    rig.bus.hold(queue, operation)
    try:
        yield
    finally:
        rig.bus.release(queue, operation)
