"""The journal's file: opened as it is or, where it cannot be read, set aside and begun anew.

Nothing in it can stop a start. What it held is asked for again by the cloud, which follows up each
command that is not answered; so a new journal costs time, and one that stops the worker everything.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from hybrid_worker.journal_rows import Unreadable, unreadable_rows
from shared.domain.errors import ConfigurationError

_log = structlog.get_logger(__name__)

VERSION: Final = 1
"""Of the tables below, in the file's `user_version`; the first journals have 0 there."""
SET_ASIDE: Final = ".set-aside-"
_UNREADABLE = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""Primary result codes; the others say that the file is in use or the disk does not do its part."""
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS command (
    key TEXT PRIMARY KEY, action TEXT NOT NULL, recorded_at TEXT NOT NULL,
    owed_since TEXT, members TEXT, sync TEXT, told INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS change (
    id INTEGER PRIMARY KEY, command_key TEXT NOT NULL, guid TEXT NOT NULL, action TEXT NOT NULL,
    issued_at TEXT NOT NULL, outcome TEXT NOT NULL, UNIQUE (command_key, guid)
);
CREATE TABLE IF NOT EXISTS set_aside (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL, content BLOB
);
CREATE TABLE IF NOT EXISTS stop (stopped_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS change_by_guid ON change (guid, issued_at);
CREATE INDEX IF NOT EXISTS command_owed ON command (owed_since) WHERE owed_since IS NOT NULL;
CREATE INDEX IF NOT EXISTS command_untold ON command (told) WHERE told = 0;
PRAGMA user_version = {VERSION}
"""
_TABLES = (
    "SELECT key, action, recorded_at, owed_since, members, sync, told FROM command LIMIT 0",
    "SELECT id, command_key, guid, action, issued_at, outcome FROM change LIMIT 0",
    "SELECT id, at, name, reason, content FROM set_aside LIMIT 0",
    "SELECT stopped_at FROM stop LIMIT 0",
)


class _Unreadable(Exception):
    """The file is no journal that this worker can read."""


@dataclass(frozen=True, slots=True)
class OpenJournal:
    """A journal that can be worked with, once the rows that cannot are gone."""

    database: sqlite3.Connection
    unreadable: Sequence[Unreadable]
    lost: str | None = None
    """The name under which a file that could not be read has been set aside."""


def open_journal(file: Path, now: datetime) -> OpenJournal:
    """Opens the file, or makes it.

    Raises:
        ConfigurationError: another worker uses it, or the folder cannot be written.
    """
    try:
        return _opened(file)
    except _Unreadable as problem:
        name = _set_aside(file, now)
        _log.error("journal-set-aside", file=name, problem=str(problem))
    try:
        return replace(_opened(file), lost=name)
    except _Unreadable as problem:
        raise _unusable(file, problem) from None


def _opened(file: Path) -> OpenJournal:
    if file.exists() and file.stat().st_size == 0:
        raise _Unreadable("it is empty")
    try:
        database = sqlite3.connect(file, timeout=2, isolation_level=None)
    except sqlite3.Error as error:
        raise _unusable(file, error) from None
    try:
        _prepare(database)
        return OpenJournal(database, list(unreadable_rows(database)))
    except sqlite3.Error as error:
        database.close()
        if error.sqlite_errorcode & 0xFF in _UNREADABLE:
            raise _Unreadable(str(error)) from None
        raise _unusable(file, error) from None
    except ValueError as error:
        # Names in the file that are no UTF-8 fail in sqlite's driver, with anything.
        database.close()
        raise _Unreadable(type(error).__name__) from None
    except _Unreadable:
        database.close()
        raise


def _prepare(database: sqlite3.Connection) -> None:
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
        database.execute(f"PRAGMA {pragma}")
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise _Unreadable(f"it is of version {version}, and this worker knows {VERSION}")
    (found,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise _Unreadable(str(found).strip())
    # A file that turns out to be of another shape is left as it was found.
    database.execute("BEGIN IMMEDIATE")
    for statement in (*_SCHEMA.split(";"), *_TABLES):
        database.execute(statement)
    database.execute("COMMIT")


def _set_aside(file: Path, now: datetime) -> str:
    """Renames the file, together with sqlite's own beside it; returns its new name."""
    name = f"{file.name}{SET_ASIDE}{now:%Y%m%dT%H%M%S%f}"
    try:
        for end in ("-wal", "-shm", ""):
            part = file.with_name(file.name + end)
            if part.exists():
                part.rename(file.with_name(name + end))
    except OSError as error:
        raise _unusable(file, error) from None
    return name


def _unusable(file: Path, error: Exception) -> ConfigurationError:
    return ConfigurationError(
        f"SSPR_WORKER_STATE_DIRECTORY: {file} cannot be used ({error}). "
        "Give every worker a folder of its own."
    )
