"""Events from a file or a pipe: JSON lines, a JSON document or CSV, each checked by its place."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from uuid import uuid4

from shared.contracts.messages.onboarding_event import (
    Envelope,
    PlainEvent,
    as_cloud_event,
    read_request_object,
)
from shared.domain.errors import InvalidMessage

SOURCE = "sspr-cli"
COLUMNS = tuple(str(field.alias) for field in PlainEvent.model_fields.values())
_MOST_SHOWN = 20


type Event = Mapping[str, object]
"""JSON that the contract takes for an event."""


@dataclass(frozen=True, slots=True)
class Entry[V]:
    """One value and where it stands, such as `line 7`."""

    place: str
    value: V


class InvalidEvents(Exception):
    """A file holds something that is no event; the text has a line for each such place."""

    def __init__(self, complaints: Sequence[str]) -> None:
        more = len(complaints) - _MOST_SHOWN
        shown = [*complaints[:_MOST_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        super().__init__("\n".join(shown))


def read_events(content: bytes, name: str) -> list[Entry[Event]]:
    """Reads the events of a file called `name`.

    The name's ending says what the file holds; else it is guessed.

    Raises:
        InvalidEvents: naming place, field and reason of everything that is no event.
    """
    try:
        # Excel begins its CSV files with a byte order mark.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidEvents([f"line {line}: not UTF-8"]) from None
    entries: list[Entry[Event]] = []
    complaints: list[str] = []
    for entry in _entries(text, PurePath(name).suffix.lower()):
        try:
            entries.append(Entry(entry.place, check(entry.value)))
        except InvalidMessage as refused:
            complaints.append(f"{entry.place}, {refused.field}: {refused.reason}")
    if not entries and not complaints:
        complaints.append("no event in it")
    if complaints:
        raise InvalidEvents(complaints)
    return entries


def check(value: object) -> Event:
    """Lets the app's own contract say whether this is an event; returns it, where it is one.

    Raises:
        InvalidMessage: naming the field and the reason.
    """
    if isinstance(value, InvalidMessage):
        raise value
    read_request_object(value, Envelope(), datetime.now(UTC))
    if not isinstance(value, Mapping):
        raise InvalidMessage("(body)", "not an object")
    return value


def enveloped(value: Event, actor: str) -> Event:
    """Returns the event as it is sent.

    A plain event gets an id and, where it names none, the actor.
    """
    if "specversion" in value:
        return value
    named = value if value.get("actor") else {**value, "actor": actor}
    event: Event = as_cloud_event(named, source=SOURCE, event_id=uuid4().hex)
    return event


def _entries(text: str, suffix: str) -> Iterator[Entry[object]]:
    match suffix:
        case ".csv":
            return _rows(text)
        case ".json":
            return _document(text)
        case ".jsonl" | ".ndjson":
            return _lines(text)
    start = text.lstrip()[:1]
    if start not in {"{", "["}:
        return _rows(text)
    # One object may well be spread over lines, as jq prints it; two objects are no document.
    return _document(text) if start == "[" or _is_json(text) else _lines(text)


def _lines(text: str) -> Iterator[Entry[object]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield Entry(f"line {number}", _value(line))


def _document(text: str) -> Iterator[Entry[object]]:
    value = _value(text)
    if not isinstance(value, list):
        yield Entry("event 1", value)
        return
    for number, one in enumerate(value, start=1):
        yield Entry(f"event {number}", one)


def _rows(text: str) -> Iterator[Entry[object]]:
    header = text.partition("\n")[0]
    # Excel separates by what the country's decimal comma leaves free.
    separator = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    names: list[str] = []
    try:
        for cells in rows:
            if not names:
                names = [name.strip() for name in cells]
                yield from _strange_columns(names)
            elif any(cell.strip() for cell in cells):
                yield Entry(f"line {rows.line_num}", _row(names, cells))
    except csv.Error as error:
        yield Entry(f"line {rows.line_num}", InvalidMessage("(row)", f"not CSV: {error}"))


def _strange_columns(names: Sequence[str]) -> Iterator[Entry[object]]:
    allowed = ", ".join(COLUMNS)
    for name in names:
        if name not in COLUMNS:
            strange = InvalidMessage(name or "(no name)", f"no such column; there are {allowed}")
            yield Entry("line 1", strange)


def _row(names: Sequence[str], cells: Sequence[str]) -> object:
    if len(cells) > len(names):
        return InvalidMessage("(row)", f"{len(cells)} cells under {len(names)} columns")
    return {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}


def _value(text: str) -> object:
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} " if "\n" in text.strip() else ""
        return InvalidMessage("(body)", f"not JSON: {error.msg} at {where}column {error.colno}")
    except RecursionError:
        return InvalidMessage("(body)", "not JSON: nested too deeply")
    return value


def _is_json(text: str) -> bool:
    return not isinstance(_value(text), InvalidMessage)
