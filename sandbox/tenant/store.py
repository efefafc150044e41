"""The tenant on disk: what a restart must bring back."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sandbox.tenant.directory import Change, Directory, Group, ObjectChange, User

_SCHEMA = """
CREATE TABLE IF NOT EXISTS object (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS member (parent TEXT, child TEXT, PRIMARY KEY (parent, child));
"""


class Store:
    """Objects as JSON and memberships as rows, in one SQLite file.

    Commits go to the operating system but not through to the disk: they survive the process,
    which is all that a sandbox asks for.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "tenant.sqlite", autocommit=True)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def clear(self) -> None:
        """Forget everything."""
        self._database.executescript("DELETE FROM object; DELETE FROM member;")

    def save(self, changes: Iterable[Change]) -> None:
        """Store changes in their order, all or none."""
        if not changes:
            return
        self._database.execute("BEGIN")
        for change in changes:
            self._database.execute(*_statement(change))
        self._database.execute("COMMIT")

    def objects(self, kind: str) -> Iterator[dict[str, Any]]:
        """The objects of a kind, in the order in which they were first stored."""
        rows = self._database.execute(
            "SELECT body FROM object WHERE kind = ? ORDER BY rowid", [kind]
        )
        return (json.loads(body) for (body,) in rows)

    def load_directory(self) -> Directory | None:
        """The directory as it was saved; None when nothing has been."""
        directory = Directory()
        for body in self.objects("user"):
            directory.put_user(User(**body))
        for body in self.objects("group"):
            directory.put_group(Group(**body))
        directory.former_groups = {body["id"] for body in self.objects("former-group")}
        for parent, child in self._database.execute("SELECT parent, child FROM member"):
            directory.set_member(parent, child, 0.0, present=True)
        for body in self.objects("sync"):
            directory.last_synced_at = body["at"]
        directory.take_changes()
        return directory if directory.groups else None


def _statement(change: Change) -> tuple[str, tuple[str, ...]]:
    if isinstance(change, ObjectChange):
        if change.body is None:
            return "DELETE FROM object WHERE kind = ? AND id = ?", (change.kind, change.id)
        upsert = (
            "INSERT INTO object VALUES (?, ?, ?) "
            "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
        )
        return upsert, (change.kind, change.id, json.dumps(change.body))
    edge = (change.group, change.member)
    if change.present:
        return "INSERT OR IGNORE INTO member VALUES (?, ?)", edge
    return "DELETE FROM member WHERE parent = ? AND child = ?", edge
