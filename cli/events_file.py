"""Events from a file or a pipe: JSON lines, a JSON document or CSV, each checked by its place.

CSV is whatever an HR system exports: see `cli.hr_export`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePath
from uuid import uuid4

from cli.hr_export.lines import lines_of
from cli.hr_export.mapping import ColumnMapping
from cli.hr_export.sheet import Sheet, read_sheet
from cli.hr_export.text import text_of
from shared.contracts.messages.onboarding_event import (
    Envelope,
    as_cloud_event,
    read_request_object,
)
from shared.domain.errors import InvalidMessage

SOURCE = "sspr-cli"
_CSV, _JSON = {".csv", ".tsv", ".txt"}, {".json", ".jsonl", ".ndjson"}
_MOST_SHOWN = 20


type Event = Mapping[str, object]
"""JSON that the contract takes for an event."""


@dataclass(frozen=True, slots=True)
class Entry[V]:
    """One value and where it stands, such as `line 7`."""

    place: str
    value: V


@dataclass(frozen=True, slots=True)
class Refused:
    """A place that holds no event, and why."""

    place: str
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}, {self.field}: {self.reason}"


@dataclass(frozen=True, slots=True)
class EventsRead:
    """What a file comes to, place by place."""

    entries: Sequence[Entry[Event]]
    refused: Sequence[Refused]
    notes: Sequence[str] = ()
    """What was left out on purpose."""

    def as_json(self) -> str:
        """Returns the JSON text that is printed: every place in its order of kind."""
        return json.dumps(
            {
                "events": [{"place": one.place, "event": dict(one.value)} for one in self.entries],
                "refused": [
                    {"place": one.place, "field": one.field, "reason": one.reason}
                    for one in self.refused
                ],
                "notes": list(self.notes),
            }
        )


class InvalidEvents(Exception):
    """A file holds no event at all; the text has a line for each place that looked like one."""

    def __init__(self, complaints: Sequence[object]) -> None:
        super().__init__("\n".join(shown(complaints)))


def shown(complaints: Sequence[object]) -> Sequence[str]:
    """Returns a line for each of the first twenty, and how many more there are."""
    more = len(complaints) - _MOST_SHOWN
    lines = [str(one) for one in complaints[:_MOST_SHOWN]]
    return [*lines, *([f"and {more} more"] if more > 0 else [])]


type Decide = Callable[[Sheet], ColumnMapping]
"""Says which of a sheet's columns is which field."""


def read_events(content: bytes, name: str, decide: Decide) -> EventsRead:
    """Reads the events of a file called `name`; one that is wrong stops none of the others.

    The name's ending says what the file holds; else it is guessed.

    Raises:
        InvalidEvents: there is no event in it; the text names place, field and reason.
    """
    suffix = PurePath(name).suffix.lower()
    try:
        text = text_of(content, any_code_page=suffix not in _JSON)
        if _is_csv(text, suffix):
            sheet = read_sheet(text)
            mapping = decide(sheet)
            found, notes = _lines_of_sheet(sheet, mapping), _notes(sheet, mapping)
        else:
            found, notes = _entries(text, suffix), []
    except InvalidMessage as refused:
        bare = refused.field == "(file)"
        raise InvalidEvents([refused.reason if bare else str(refused)]) from None
    entries: list[Entry[Event]] = []
    complaints: list[Refused] = []
    for entry in found:
        try:
            entries.append(Entry(entry.place, check(entry.value)))
        except InvalidMessage as refused:
            complaints.append(Refused(entry.place, refused.field, refused.reason))
    if not entries:
        raise InvalidEvents(complaints or ["no event in it"])
    return EventsRead(entries, complaints, notes)


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


def _is_csv(text: str, suffix: str) -> bool:
    return suffix in _CSV or (suffix not in _JSON and text.lstrip()[:1] not in {"{", "["})


def _entries(text: str, suffix: str) -> Iterator[Entry[object]]:
    match suffix:
        case ".json":
            return _document(text)
        case ".jsonl" | ".ndjson":
            return _lines(text)
    # One object may well be spread over lines, as jq prints it; two objects are no document.
    is_document = text.lstrip().startswith("[") or _is_json(text)
    return _document(text) if is_document else _lines(text)


def _lines_of_sheet(sheet: Sheet, mapping: ColumnMapping) -> Iterator[Entry[object]]:
    for line, value in lines_of(sheet, mapping):
        yield Entry(f"line {line}", value)


def _notes(sheet: Sheet, mapping: ColumnMapping) -> list[str]:
    ignored = [name for name in sheet.headings if name in mapping.ignore]
    notes = [f"ignored: {', '.join(ignored)}"] if ignored else []
    return notes + [f"line {line} left out: it counts the others" for line in sheet.totals]


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
