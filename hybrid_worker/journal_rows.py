"""The journal's rows, looked at before any of them is used: one that cannot be read is set aside.

An earlier worker may have written it, a newer one, a disk that failed, or somebody by hand.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from pydantic import TypeAdapter

from shared.contracts.messages.contract import Key, Moment
from shared.contracts.messages.directory_result import MemberResult, SyncReport
from shared.domain.errors import InvalidMessage
from shared.domain.person.writes import ScopeAction, WriteOutcome

INTENDED: Final = "intended"
MEMBERS = TypeAdapter(tuple[MemberResult, ...])
_KEY = TypeAdapter[str](Key)
_MOMENT = TypeAdapter[datetime](Moment)
_AHEAD = timedelta(days=1)
"""No clock that is kept is as far ahead as this."""
_LARGEST = 200_000
"""Bytes of a row's content that are kept."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that cannot be used."""

    table: str
    rowid: int
    name: str
    reason: str
    content: bytes


type _Row = Mapping[str, str | None]
type _Read = Callable[[_Row], None]


def unreadable_rows(database: sqlite3.Connection) -> Iterator[Unreadable]:
    """Yields the rows that whoever works with the journal would fail on."""
    yield from _unreadable(
        database,
        "command",
        ("key", "action", "recorded_at", "owed_since", "members", "sync", "told"),
        _read_command,
    )
    yield from _unreadable(
        database, "change", ("command_key", "guid", "action", "issued_at", "outcome"), _read_change
    )
    yield from _unreadable(database, "stop", ("stopped_at",), _read_stop)


def from_the_future(database: sqlite3.Connection, now: datetime) -> Sequence[tuple[str, int]]:
    """Returns the changes of commands that claim to be issued after now, with a time to give them.

    Left as they are, they would outdate each command to come for their accounts.
    """
    limit = as_text(now + _AHEAD)
    rows = database.execute("SELECT id FROM change WHERE issued_at > ?", [limit])
    return [(as_text(now), rowid) for (rowid,) in rows]


def as_text(moment: datetime) -> str:
    """Writes the moment as a text that sorts as moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _unreadable(
    database: sqlite3.Connection, table: str, columns: Sequence[str], read: _Read
) -> Iterator[Unreadable]:
    # As bytes: sqlite fails on a text that is not UTF-8 as soon as it is fetched.
    wanted = ", ".join(f"typeof({name}), CAST({name} AS BLOB)" for name in columns)
    for rowid, *cells in database.execute(f"SELECT rowid, {wanted} FROM {table}"):  # noqa: S608  # names from above
        values = dict(zip(columns, zip(cells[::2], cells[1::2], strict=True), strict=True))
        try:
            read({name: _text(*cell) for name, cell in values.items()})
        except (ValueError, TypeError, InvalidMessage) as error:
            yield Unreadable(
                table, rowid, _name(table, rowid, values), type(error).__name__, _content(values)
            )


def _text(kind: str, value: bytes | None) -> str | None:
    if value is None:
        return None
    if kind not in {"text", "integer"}:
        raise TypeError(kind)
    return value.decode()


def _read_command(row: _Row) -> None:
    _KEY.validate_python(row["key"])
    ScopeAction(row["action"] or "")
    _MOMENT.validate_python(row["recorded_at"])
    if row["owed_since"] is not None:
        _MOMENT.validate_python(row["owed_since"])
    if row["members"] is not None:
        MEMBERS.validate_json(row["members"])
        SyncReport.read(row["sync"] or "")
    elif row["sync"] is not None:
        SyncReport.read(row["sync"])
    int(row["told"] or "")


def _read_change(row: _Row) -> None:
    if row["command_key"] is None:
        raise ValueError("no key")
    UUID(row["guid"] or "")
    ScopeAction(row["action"] or "")
    if datetime.fromisoformat(row["issued_at"] or "").tzinfo is None:
        raise ValueError("no time zone")
    if row["outcome"] != INTENDED:
        WriteOutcome(row["outcome"] or "")


def _read_stop(row: _Row) -> None:
    _MOMENT.validate_python(row["stopped_at"])


def _name(table: str, rowid: int, values: Mapping[str, tuple[str, bytes | None]]) -> str:
    key = values.get("key", values.get("command_key", ("", None)))[1] or b""
    return f"{table} {rowid} {key[:64].decode('ascii', 'backslashreplace')}".strip()


def _content(values: Mapping[str, tuple[str, bytes | None]]) -> bytes:
    texts = {
        name: value.decode("utf-8", "backslashreplace") if value is not None else None
        for name, (_, value) in values.items()
    }
    return json.dumps(texts).encode()[:_LARGEST]
