"""What the worker must not forget when it dies: a small sqlite file, synced at every commit.

Five things: which changes it was about to write (so that a command delivered again after a crash
is answered with what it did), the newest command per account (so that an older one does not undo
it), whose delta sync or answer is still owed, until when commands were issued that are void, and
what could not be digested. Answers are an outbox: they are stored with the change and sent until
they are marked as told.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import structlog

from hybrid_worker.journal_file import open_journal
from hybrid_worker.journal_rows import (
    INTENDED,
    MEMBERS,
    Unreadable,
    as_text,
    from_the_future,
)
from hybrid_worker.plan import LastChange, Planned
from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_result import MemberResult, SyncReport, SyncState
from shared.domain.person.writes import ScopeAction, WriteOutcome

_log = structlog.get_logger(__name__)

KEPT = timedelta(days=30)
_CARRIED_OUT = {WriteOutcome.DONE, WriteOutcome.ALREADY}
_CHUNK = 500
_MOST = 1000
"""Things set aside that are kept; the newest ones."""
_LARGEST = 1024 * 1024
"""Bytes of each."""
_LONGEST_NAME = 200
_NAMED = 20
"""Names that a line of the log holds."""
_RECORDED = "SELECT key, action, members, sync, told, owed_since FROM command"
_RECORD = """
INSERT INTO command (key, action, recorded_at, owed_since, members, sync, told)
VALUES (?, ?, ?, ?, ?, ?, 0)
ON CONFLICT DO UPDATE SET recorded_at = excluded.recorded_at, owed_since = excluded.owed_since,
    members = excluded.members, sync = excluded.sync, told = 0
"""
_OWE = """
INSERT INTO command (key, action, recorded_at, owed_since, told) VALUES (?, ?, ?, ?, 1)
ON CONFLICT DO UPDATE SET owed_since = excluded.owed_since
"""
_SET_ASIDE = "INSERT INTO set_aside (at, name, reason, content) VALUES (?, ?, ?, ?)"
_CHANGE = """
INSERT OR IGNORE INTO change (command_key, guid, action, issued_at, outcome)
VALUES (?, ?, ?, ?, ?)
"""

type _Run = Callable[[str, Iterable[tuple[object, ...]]], int]
"""Runs one statement for every row of parameters; returns how many rows it touched."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A command that has been dealt with, and its answer."""

    key: str
    action: ScopeAction
    answer: str
    """JSON of the members' results; many commands are looked at without it."""
    sync: SyncReport
    told: bool
    owed_since: datetime | None

    @property
    def members(self) -> tuple[MemberResult, ...]:
        """What became of each member."""
        return MEMBERS.validate_json(self.answer)

    @property
    def is_final(self) -> bool:
        """Whether the delta sync has nothing more to say on it for now."""
        return self.owed_since is None or self.sync.state is not SyncState.PENDING


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """The answer to one command, as it is to be recorded."""

    command: DirectoryCommand
    members: tuple[MemberResult, ...]
    sync: SyncReport
    owes_sync: bool


class Journal:
    """The journal of one worker; a second process on the same file is refused."""

    def __init__(self, file: Path, now: datetime) -> None:
        """Opens the file, or makes it; what of it cannot be read is set aside and told in the log.

        Raises:
            ConfigurationError: another worker uses it, or the folder cannot be written.
        """
        opened = open_journal(file, now)
        self._database = opened.database
        if opened.lost:
            self.set_aside(opened.lost, "the file could not be read", b"", now)
        self._clean(opened.unreadable, now)
        self._kept_aside = self._count_set_aside()

    @property
    def kept_aside(self) -> int:
        """How many commands, rows and files could not be digested in the last 30 days."""
        return self._kept_aside

    def set_aside(self, name: str, reason: str, content: bytes, now: datetime) -> None:
        """Keeps what cannot be digested under a name, for a person to look at, for 30 days."""
        row = (as_text(now), _plain(name), _plain(reason), content[:_LARGEST])
        with self._transaction() as run:
            run(_SET_ASIDE, [row])
            run("DELETE FROM set_aside WHERE id <= (SELECT max(id) FROM set_aside) - ?", [(_MOST,)])
        self._kept_aside = self._count_set_aside()

    def note_stop(self, stopped_at: datetime) -> None:
        """Saves that commands issued until then are void; only the newest such time counts."""
        with self._transaction() as run:
            run("INSERT INTO stop (stopped_at) VALUES (?)", [(as_text(stopped_at),)])
            run("DELETE FROM stop WHERE stopped_at < (SELECT max(stopped_at) FROM stop)", [()])

    def stopped_at(self) -> datetime | None:
        """Tells until when commands were issued that are void; None if there was no stop."""
        (newest,) = self._database.execute("SELECT max(stopped_at) FROM stop").fetchone()
        return datetime.fromisoformat(newest) if newest else None

    def close(self) -> None:
        """Closes the file; another process may open it."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def recorded(self, keys: Collection[str]) -> Mapping[str, Recorded]:
        """Returns those of these commands that have been dealt with."""
        return {
            row[0]: _recorded(row)
            for marks, chunk in _chunks(keys)
            for row in self._database.execute(
                f"{_RECORDED} WHERE members IS NOT NULL AND key IN ({marks})", chunk
            )
        }

    def untold(self) -> Sequence[Recorded]:
        """Returns the answers that are not known to have been sent, the oldest first."""
        rows = self._database.execute(f"{_RECORDED} WHERE told = 0 ORDER BY recorded_at, rowid")
        return [_recorded(row) for row in rows]

    def owed(self) -> Mapping[str, datetime]:
        """Tells since when each command waits for a delta sync.

        A command whose write may still be under way is left out: no cycle is known to cover it.
        """
        rows = self._database.execute(
            "SELECT key, owed_since FROM command WHERE owed_since IS NOT NULL AND key NOT IN "
            "(SELECT command_key FROM change WHERE outcome = ?)",
            [INTENDED],
        )
        return {key: datetime.fromisoformat(since) for key, since in rows}

    def history(self, guids: Collection[UUID]) -> Mapping[UUID, LastChange]:
        """Returns the newest command carried out for each account."""
        found: dict[UUID, LastChange] = {}
        for marks, chunk in _chunks(str(guid) for guid in guids):
            # Of equal times the later one wins, by the order of the rows.
            rows = self._database.execute(
                f"SELECT guid, action, issued_at, outcome FROM change WHERE guid IN ({marks}) "  # noqa: S608  # marks are question marks
                "AND outcome != ? ORDER BY issued_at, id",
                [*chunk, INTENDED],
            )
            for guid, action, issued_at, outcome in rows:
                ours = outcome == WriteOutcome.DONE
                issued = datetime.fromisoformat(issued_at)
                found[UUID(guid)] = LastChange(ScopeAction(action), issued, ours)
        return found

    def earlier(self, keys: Collection[str]) -> Mapping[tuple[str, UUID], WriteOutcome]:
        """Returns what these commands are known to have done, by command key and account."""
        return {
            (key, UUID(guid)): WriteOutcome(outcome)
            for marks, chunk in _chunks(keys)
            for key, guid, outcome in self._database.execute(
                f"SELECT command_key, guid, outcome FROM change WHERE command_key IN ({marks}) "  # noqa: S608  # marks are question marks
                "AND outcome != ?",
                [*chunk, INTENDED],
            )
        }

    def intend(self, items: Iterable[Planned], now: datetime) -> None:
        """Saves what is about to be written, and that its delta sync will be owed."""
        items = list(items)
        commands = {item.target.command.command_key: item.target.command for item in items}
        owed = [
            (key, command.action, as_text(now), as_text(now)) for key, command in commands.items()
        ]
        with self._transaction() as run:
            run(_OWE, owed)
            run(_CHANGE, [_change(item, INTENDED) for item in items])

    def unclear(self) -> bool:
        """Tells whether there are changes of which it is not known whether they were written."""
        row = self._database.execute(
            "SELECT 1 FROM change WHERE outcome = ? LIMIT 1", [INTENDED]
        ).fetchone()
        return row is not None

    def settle(self, members: AbstractSet[UUID]) -> None:
        """Finds out from the group's members which of the intended changes were written.

        A modify is atomic, so the last change intended for an account speaks for all of them.
        """
        rows = self._database.execute(
            "SELECT guid, action FROM change WHERE outcome = ? ORDER BY id", [INTENDED]
        )
        wanted = {guid: ScopeAction(action) is ScopeAction.ADD for guid, action in rows}
        written = [(guid,) for guid, is_in in wanted.items() if (UUID(guid) in members) == is_in]
        with self._transaction() as run:
            run(
                "UPDATE change SET outcome = 'done' WHERE outcome = 'intended' AND guid = ?",
                written,
            )
            run("DELETE FROM change WHERE outcome = 'intended'", [()])
            run(
                "DELETE FROM command WHERE members IS NULL AND key NOT IN "
                "(SELECT command_key FROM change)",
                [()],
            )

    def record(
        self, answers: Sequence[JournalEntry], items: Sequence[Planned], now: datetime
    ) -> None:
        """Saves what was done, and the answers as yet to be told."""
        carried_out = [item for item in items if item.is_new and item.outcome in _CARRIED_OUT]
        with self._transaction() as run:
            keys = [(answer.command.command_key,) for answer in answers]
            run("DELETE FROM change WHERE outcome = 'intended' AND command_key = ?", keys)
            run(_CHANGE, [_change(item, item.outcome) for item in carried_out])
            run(_RECORD, [_row(answer, now) for answer in answers])

    def report(self, keys: Collection[str], sync: SyncReport, *, settles: bool = False) -> None:
        """Saves how the delta sync of these commands stands; what is new is to be told.

        Success ends the debt, or what is said to settle it; anything else leaves it.
        """
        known = self.recorded(keys)
        news = [key for key in keys if key not in known or _is_news(known[key].sync, sync)]
        text = sync.text().decode()
        with self._transaction() as run:
            run(
                "UPDATE command SET sync = ?, told = (members IS NULL) WHERE key = ?",
                [(text, key) for key in news],
            )
            if settles or sync.state is SyncState.SUCCEEDED:
                run("UPDATE command SET owed_since = NULL WHERE key = ?", [(key,) for key in keys])

    def tell_again(self, keys: Collection[str]) -> None:
        """Marks answers as untold: their commands came again, so they may not have arrived."""
        self._set_told(keys, told=False)

    def told(self, keys: Collection[str]) -> None:
        """Marks the answers to these commands as sent."""
        self._set_told(keys, told=True)

    def prune(self, now: datetime) -> int:
        """Forgets what is older than 30 days and owes nothing; returns how many commands."""
        limit = as_text(now - KEPT)
        with self._transaction() as run:
            forgotten = run(
                "DELETE FROM command WHERE recorded_at < ? AND owed_since IS NULL AND told = 1",
                [(limit,)],
            )
            run(
                "DELETE FROM change WHERE issued_at < ? AND outcome != 'intended' AND "
                "command_key NOT IN (SELECT key FROM command)",
                [(limit,)],
            )
            run("DELETE FROM set_aside WHERE at < ?", [(limit,)])
        self._kept_aside = self._count_set_aside()
        return forgotten

    def _clean(self, rows: Sequence[Unreadable], now: datetime) -> None:
        """Sets aside what the worker could not read later, and mends times that cannot be."""
        for row in rows:
            self.set_aside(row.name, row.reason, row.content, now)
            with self._transaction() as run:
                run(f"DELETE FROM {row.table} WHERE rowid = ?", [(row.rowid,)])  # noqa: S608  # one of two
        ahead = from_the_future(self._database, now)
        with self._transaction() as run:
            run("UPDATE change SET issued_at = ? WHERE id = ?", ahead)
        if rows or ahead:
            names = [row.name for row in rows][:_NAMED]
            _log.error(
                "journal-mended", set_aside=len(rows), names=names, from_the_future=len(ahead)
            )

    def _count_set_aside(self) -> int:
        (count,) = self._database.execute("SELECT count(*) FROM set_aside").fetchone()
        return int(count)

    @contextmanager
    def _transaction(self) -> Iterator[_Run]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield lambda sql, rows: self._database.executemany(sql, rows).rowcount
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    def _set_told(self, keys: Collection[str], *, told: bool) -> None:
        with self._transaction() as run:
            run(
                "UPDATE command SET told = ? WHERE key = ? AND members IS NOT NULL",
                [(told, key) for key in keys],
            )


def _chunks(values: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields question marks and values for `IN (…)`, below sqlite's limit of parameters."""
    for chunk in batched(values, _CHUNK, strict=False):
        yield ",".join("?" * len(chunk)), chunk


def _recorded(row: tuple[Any, ...]) -> Recorded:
    key, action, members, sync, told, owed_since = row
    return Recorded(
        key,
        ScopeAction(action),
        members,
        SyncReport.read(sync),
        bool(told),
        datetime.fromisoformat(owed_since) if owed_since else None,
    )


def _row(answer: JournalEntry, now: datetime) -> tuple[str | None, ...]:
    return (
        answer.command.command_key,
        answer.command.action,
        as_text(now),
        as_text(now) if answer.owes_sync else None,
        MEMBERS.dump_json(answer.members, by_alias=True, exclude_none=True).decode(),
        answer.sync.text().decode(),
    )


def _change(item: Planned, outcome: str) -> tuple[str, ...]:
    command = item.target.command
    guid = str(item.target.account.guid)
    return command.command_key, guid, command.action, as_text(command.issued_at), outcome


def _is_news(known: SyncReport, now: SyncReport) -> bool:
    return (known.state, known.problem) != (now.state, now.problem)


def _plain(text: str) -> str:
    """Returns the text without what cannot be written as UTF-8, and not too long."""
    return text[:_LONGEST_NAME].encode("utf-8", "backslashreplace").decode()
