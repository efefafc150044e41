"""What the worker must not forget when it dies: a small sqlite file, synced at every commit.

Three things: which changes it was about to write (so that a command delivered again after a crash
is answered with what it did), the newest command per account (so that an older one does not undo
it), and whose delta sync or answer is still owed. Answers are an outbox: they are stored with the
change and sent until they are marked as told.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from pydantic import TypeAdapter

from hybrid_worker.plan import LastChange, Planned
from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_result import MemberResult, SyncReport, SyncState
from shared.domain.errors import ConfigurationError
from shared.domain.person.writes import ScopeAction, WriteOutcome

KEPT = timedelta(days=30)
_INTENDED = "intended"
_CARRIED_OUT = {WriteOutcome.DONE, WriteOutcome.ALREADY}
_CHUNK = 500
_MEMBERS = TypeAdapter(tuple[MemberResult, ...])
_SCHEMA = """
CREATE TABLE IF NOT EXISTS command (
    key TEXT PRIMARY KEY, action TEXT NOT NULL, recorded_at TEXT NOT NULL,
    owed_since TEXT, members TEXT, sync TEXT, told INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS change (
    id INTEGER PRIMARY KEY, command_key TEXT NOT NULL, guid TEXT NOT NULL, action TEXT NOT NULL,
    issued_at TEXT NOT NULL, outcome TEXT NOT NULL, UNIQUE (command_key, guid)
);
CREATE INDEX IF NOT EXISTS change_by_guid ON change (guid, issued_at);
CREATE INDEX IF NOT EXISTS command_owed ON command (owed_since) WHERE owed_since IS NOT NULL;
CREATE INDEX IF NOT EXISTS command_untold ON command (told) WHERE told = 0;
"""
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
        return _MEMBERS.validate_json(self.answer)

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

    def __init__(self, file: Path) -> None:
        """Opens the file, or makes it.

        Raises:
            ConfigurationError: another worker uses it, or it is no journal.
        """
        self._database = sqlite3.connect(file, timeout=2, isolation_level=None)
        try:
            for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
                self._database.execute(f"PRAGMA {pragma}")
            self._database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        except sqlite3.Error as error:
            self._database.close()
            raise ConfigurationError(
                f"SSPR_WORKER_STATE_DIRECTORY: {file} cannot be used ({error}). "
                "Give every worker a folder of its own."
            ) from None

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
            [_INTENDED],
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
                [*chunk, _INTENDED],
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
                [*chunk, _INTENDED],
            )
        }

    def intend(self, items: Iterable[Planned], now: datetime) -> None:
        """Saves what is about to be written, and that its delta sync will be owed."""
        items = list(items)
        commands = {item.target.command.command_key: item.target.command for item in items}
        owed = [(key, command.action, _text(now), _text(now)) for key, command in commands.items()]
        with self._transaction() as run:
            run(_OWE, owed)
            run(_CHANGE, [_change(item, _INTENDED) for item in items])

    def unclear(self) -> bool:
        """Tells whether there are changes of which it is not known whether they were written."""
        row = self._database.execute(
            "SELECT 1 FROM change WHERE outcome = ? LIMIT 1", [_INTENDED]
        ).fetchone()
        return row is not None

    def settle(self, members: AbstractSet[UUID]) -> None:
        """Finds out from the group's members which of the intended changes were written.

        A modify is atomic, so the last change intended for an account speaks for all of them.
        """
        rows = self._database.execute(
            "SELECT guid, action FROM change WHERE outcome = ? ORDER BY id", [_INTENDED]
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

    def report(self, keys: Collection[str], sync: SyncReport) -> None:
        """Saves how the delta sync of these commands stands; what is new is to be told.

        Success ends the debt; anything else leaves it.
        """
        known = self.recorded(keys)
        news = [key for key in keys if key not in known or _is_news(known[key].sync, sync)]
        text = sync.text().decode()
        with self._transaction() as run:
            run(
                "UPDATE command SET sync = ?, told = (members IS NULL) WHERE key = ?",
                [(text, key) for key in news],
            )
            if sync.state is SyncState.SUCCEEDED:
                run("UPDATE command SET owed_since = NULL WHERE key = ?", [(key,) for key in keys])

    def tell_again(self, keys: Collection[str]) -> None:
        """Marks answers as untold: their commands came again, so they may not have arrived."""
        self._set_told(keys, told=False)

    def told(self, keys: Collection[str]) -> None:
        """Marks the answers to these commands as sent."""
        self._set_told(keys, told=True)

    def prune(self, now: datetime) -> int:
        """Forgets what is older than 30 days and owes nothing; returns how many commands."""
        limit = _text(now - KEPT)
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
        return forgotten

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
        _text(now),
        _text(now) if answer.owes_sync else None,
        _MEMBERS.dump_json(answer.members, by_alias=True, exclude_none=True).decode(),
        answer.sync.text().decode(),
    )


def _change(item: Planned, outcome: str) -> tuple[str, ...]:
    command = item.target.command
    guid = str(item.target.account.guid)
    return command.command_key, guid, command.action, _text(command.issued_at), outcome


def _is_news(known: SyncReport, now: SyncReport) -> bool:
    return (known.state, known.problem) != (now.state, now.problem)


def _text(moment: datetime) -> str:
    """Writes the moment as a text that sorts as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
