"""The queues on disk: one sqlite file, one transaction per turn of the broker.

A message is two rows: what was sent, written once, and its state, rewritten whenever it is locked
or settled. Both have the queue's number and the sequence number in one integer as their key.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from uuid import UUID

from sandbox.service_bus.amqp.message import Parcel
from sandbox.service_bus.queue import DeadLetter, Journal, Message, Queue, State, Totals

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS queues (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    last_sequence_number INTEGER NOT NULL DEFAULT 0,
    sent INTEGER NOT NULL DEFAULT 0,
    duplicates INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,
    abandoned INTEGER NOT NULL DEFAULT 0,
    expired_locks INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS parcels (
    key INTEGER PRIMARY KEY,
    encoded BLOB NOT NULL,
    enqueued_at INTEGER NOT NULL,
    due_at INTEGER
);
CREATE TABLE IF NOT EXISTS states (
    key INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,
    expires_at INTEGER,
    delivery_count INTEGER NOT NULL,
    lock_token BLOB,
    locked_until INTEGER NOT NULL,
    dead INTEGER NOT NULL,
    dead_letter_reason TEXT,
    dead_letter_description TEXT
);
CREATE TABLE IF NOT EXISTS recent_ids (
    queue INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    until INTEGER NOT NULL
);
"""
_SEQUENCE_NUMBER_BITS: Final = 48


class Store:
    """Writes the queues' journals and reads the queues back."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(_SCHEMA)
        self._numbers: dict[str, int] = {}

    def load(self, queue: Queue, now: int) -> None:
        """Fills a queue with what is on disk, and gives a new one its row."""
        self._database.execute("INSERT OR IGNORE INTO queues (name) VALUES (?)", (queue.name,))
        row = self._database.execute(
            "SELECT number, last_sequence_number, sent, duplicates, completed, abandoned,"
            " expired_locks FROM queues WHERE name = ?",
            (queue.name,),
        ).fetchone()
        number, queue.last_sequence_number, *totals = row
        self._numbers[queue.name] = number
        queue.totals = Totals(*totals)
        self._database.execute("DELETE FROM recent_ids WHERE until <= ?", (now,))
        recent = self._database.execute(
            "SELECT message_id, until FROM recent_ids WHERE queue = ? ORDER BY until", (number,)
        )
        queue.restore(self._messages(number), recent)

    def _messages(self, number: int) -> Iterable[Message]:
        rows = self._database.execute(
            "SELECT parcels.key, encoded, enqueued_at, state, due_at, expires_at, delivery_count,"
            " lock_token, locked_until, dead, dead_letter_reason, dead_letter_description"
            " FROM parcels JOIN states USING (key) WHERE key >= ? AND key < ? ORDER BY key",
            (self._key(number, 0), self._key(number + 1, 0)),
        )
        for (
            key,
            encoded,
            enqueued_at,
            state,
            due_at,
            expires_at,
            count,
            token,
            until,
            *dead,
        ) in rows:
            yield Message(
                sequence_number=key - self._key(number, 0),
                parcel=Parcel.parse(encoded),
                enqueued_at=enqueued_at,
                state=State(state),
                due_at=due_at,
                expires_at=expires_at,
                delivery_count=count,
                lock_token=UUID(bytes=token) if token else None,
                locked_until=until,
                dead_letter=DeadLetter(*dead[1:]) if dead[0] else None,
            )

    @staticmethod
    def _key(queue_number: int, sequence_number: int) -> int:
        return queue_number << _SEQUENCE_NUMBER_BITS | sequence_number

    def commit(self, queues: Iterable[Queue]) -> None:
        """Writes everything that changed in one transaction; on return it is on the disk."""
        touched = [queue for queue in queues if queue.journal.touched]
        if not touched:
            return
        self._database.execute("BEGIN IMMEDIATE")
        for queue in touched:
            self._write(self._numbers[queue.name], queue)
            queue.journal = Journal()
        self._database.execute("COMMIT")

    def _write(self, number: int, queue: Queue) -> None:
        journal, totals = queue.journal, queue.totals
        self._write_messages(self._key(number, 0), journal)
        if journal.ids_forgotten:
            self._database.execute("DELETE FROM recent_ids WHERE queue = ?", (number,))
        self._database.executemany(
            "INSERT INTO recent_ids VALUES (?, ?, ?)",
            [(number, message_id, until) for message_id, until in journal.remembered_ids],
        )
        self._database.execute(
            "UPDATE queues SET last_sequence_number = ?, sent = ?, duplicates = ?, completed = ?,"
            " abandoned = ?, expired_locks = ? WHERE number = ?",
            (
                queue.last_sequence_number,
                totals.sent,
                totals.duplicates,
                totals.completed,
                totals.abandoned,
                totals.expired_locks,
                number,
            ),
        )

    def _write_messages(self, base: int, journal: Journal) -> None:
        written = [*journal.added.values(), *journal.changed.values()]
        self._database.executemany(
            "INSERT INTO parcels VALUES (?, ?, ?, ?)",
            [
                (base + number, message.parcel.encoded, message.enqueued_at, message.due_at)
                for number, message in journal.added.items()
            ],
        )
        self._database.executemany(
            "INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [_state_row(base + message.sequence_number, message) for message in written],
        )
        removed = [(base + number,) for number in journal.removed]
        self._database.executemany("DELETE FROM parcels WHERE key = ?", removed)
        self._database.executemany("DELETE FROM states WHERE key = ?", removed)

    def close(self) -> None:
        """Closes the file; everything committed is in it."""
        self._database.close()


def _state_row(key: int, message: Message) -> tuple[object, ...]:
    why = message.dead_letter
    return (
        key,
        message.state,
        message.expires_at,
        message.delivery_count,
        message.lock_token.bytes if message.lock_token else None,
        message.locked_until,
        why is not None,
        why.reason if why else None,
        why.description if why else None,
    )
