"""Answers as messages: none larger than a message may be, each with an id that copies share."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from hybrid_worker.journal import Recorded
from shared.contracts.messages.contract import LARGEST_MESSAGE
from shared.contracts.messages.directory_command import MOST_MEMBERS
from shared.contracts.messages.directory_result import DirectoryResult, MemberResult


def messages(
    recorded: Recorded, worker: str, now: datetime, largest: int = LARGEST_MESSAGE
) -> Iterator[tuple[str, bytes]]:
    """Yields the message ids and bodies that together answer one command.

    The id names command and sync state (and the problem, which may change while the state does
    not), so that an answer sent again after a crash is dropped as a duplicate.
    """
    words = [recorded.key, recorded.sync.state, recorded.sync.problem]
    name = ":".join(word for word in words if word)
    for number, body in enumerate(_bodies(recorded, recorded.members, worker, now, largest)):
        yield f"{name}:{number + 1}" if number else name, body


def _bodies(
    recorded: Recorded,
    members: Sequence[MemberResult],
    worker: str,
    now: datetime,
    largest: int,
) -> Iterator[bytes]:
    if len(members) > MOST_MEMBERS:
        yield from _halves(recorded, members, worker, now, largest)
        return
    body = DirectoryResult(
        command_key=recorded.key,
        action=recorded.action,
        members=tuple(members),
        sync=recorded.sync,
        worker=worker,
        answered_at=now,
    ).text()
    if len(body) <= largest or len(members) == 1:
        yield body
        return
    yield from _halves(recorded, members, worker, now, largest)


def _halves(
    recorded: Recorded,
    members: Sequence[MemberResult],
    worker: str,
    now: datetime,
    largest: int,
) -> Iterator[bytes]:
    middle = len(members) // 2
    yield from _bodies(recorded, members[:middle], worker, now, largest)
    yield from _bodies(recorded, members[middle:], worker, now, largest)
