"""The API's JSON as people read it: rich renderables, nothing printed.

Everything that came over a wire is shown as plain text: no markup and no control characters of
its own, for whoever sends an event chooses what stands in it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_STYLES = {
    "registered": "bold green",
    "effective": "green",
    "visible": "green",
    "applied": "cyan",
    "waiting": "yellow",
    "requested": "blue",
    "withdrawing": "magenta",
    "withdrawn": "dim",
    "excluded": "dim",
    "failed": "bold red",
}
_BAR_WIDTH = 40


def people_view(people: Sequence[dict[str, Any]]) -> RenderableType:
    """Everybody's header and way, one below the other."""
    return Group(*(part for person in people for part in (*_person(person), Text())))


def event_view(event: dict[str, Any]) -> RenderableType:
    """What became of an event, and the way of whom it concerned."""
    return Group(
        _facts(
            ("event", event["key"]),
            ("queue", event["queue"]),
            ("dealt with", _moment(event["at"])),
            ("outcome", f"{event['outcome']}: {event['text']}"),
            ("field", event["field"]),
            ("detail", event["detail"]),
            ("person", event["personKey"]),
            ("body", event["body"]),
        ),
        Text(),
        people_view(event["people"]),
    )


def status_view(status: dict[str, Any]) -> RenderableType:
    """The totals as bars, then the tables that have something to show."""
    parts = [_heading(f"{_count(status['people'], 'person', 'people')} followed"), _bars(status)]
    reasons = [(one["state"], one["people"], one["text"]) for one in status["reasons"]]
    flags = [(one["flag"], one["people"], one["text"]) for one in status["flags"]]
    flagged = [
        (_name(one), one["state"], one["flag"], _moment(one["since"])) for one in status["flagged"]
    ]
    parts += _section("Why they are there", ("state", "people", "reason"), reasons)
    parts += _section("Flags: somebody has to look", ("flag", "people", "meaning"), flags)
    parts += _section("Flagged people", ("person", "state", "flag", "since (UTC)"), flagged)
    parts += [Text(), _heading(_count(status["refusedMessages"], "refused message"))]
    if status["refused"]:
        parts.append(refused_view(status["refused"]))
    return Group(*parts)


def refused_view(refused: Sequence[dict[str, Any]]) -> RenderableType:
    """The refused messages; with their bodies where these are there."""
    bodies = any(one.get("body") for one in refused)
    columns = ("when (UTC)", "queue", "field", "reason", *(["body"] if bodies else []))
    rows = [
        (_moment(one["at"]), one["queue"], one["field"], one["detail"] or one["text"])
        + ((one.get("body"),) if bodies else ())
        for one in refused
    ]
    return _table(columns, rows)


def accepted_view(accepted: Sequence[tuple[str, str]]) -> RenderableType:
    """Whom each accepted event is about, and the key to follow it by."""
    return _table(("person", "key"), accepted)


def elapsed(duration: timedelta) -> str:
    """A duration in its two largest units: `+7.0 s`, `+3 min 04 s`, `+2 h 05 min`, `+9 d 01 h`."""
    seconds = duration.total_seconds()
    minutes, whole_seconds = divmod(int(seconds), 60)
    if not minutes:
        return f"+{seconds:.1f} s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"+{days} d {hours:02} h"
    if hours:
        return f"+{hours} h {minutes:02} min"
    return f"+{minutes} min {whole_seconds:02} s"


def plain(text: object) -> Text:
    """The text without a life of its own: what a terminal would obey is shown escaped."""
    shown = "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in str(text)
    )
    return Text(shown, overflow="fold")


def _person(person: dict[str, Any]) -> Iterator[RenderableType]:
    cause = person["cause"]
    flag = f"{person['flag']}: {person['flagText']}" if person["flag"] else None
    yield _facts(
        ("person", _name(person)),
        ("employee id", person["employeeId"]),
        ("object id", person["objectId"]),
        ("state", _state(person["state"])),
        ("", person["text"]),
        ("cause", f"{cause['kind']} by {cause['actor']}: {cause['reference']}"),
        ("membership", _membership(person)),
        ("looked for again", _moment(person["due"])),
        ("deadline", _moment(person["deadline"])),
        ("flag", flag),
    )
    yield _table(("time (UTC)", "elapsed", "state", "reason", "detail"), list(_steps(person)))


def _steps(person: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    steps = person["steps"]
    for step in steps:
        since = datetime.fromisoformat(step["at"]) - datetime.fromisoformat(steps[0]["at"])
        yield (
            _moment(step["at"]),
            elapsed(since),
            _state(step["state"]),
            step["text"],
            step["detail"],
        )


def _membership(person: dict[str, Any]) -> str:
    medium = f", written to {person['medium']}" if person["medium"] else ""
    return f"{person['provenance']}{medium}"


def _state(state: str, text: str | None = None) -> Text:
    return Text(text or state, _STYLES.get(state, ""))


def _name(person: dict[str, Any]) -> str:
    return str(person["userPrincipalName"] or person["employeeId"] or person["key"])


def _bars(status: dict[str, Any]) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    for state, people in status["states"].items():
        length = max(1, round(_BAR_WIDTH * people / status["people"]))
        grid.add_row(
            _state(state), Text(f"{people:,}", justify="right"), _state(state, "█" * length)
        )
    return grid


def _section(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> list[RenderableType]:
    return [Text(), _heading(title), _table(columns, rows)] if rows else []


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    return table


def _facts(*facts: tuple[str, object]) -> Table:
    grid = Table.grid(padding=(0, 2))
    for name, value in facts:
        if value:
            grid.add_row(Text(name, "dim"), _cell(value))
    return grid


def _cell(value: object) -> Text:
    if isinstance(value, Text):
        return value
    return plain("" if value is None else value)


def _heading(text: str) -> Text:
    return Text(text, "bold")


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def _moment(text: str | None) -> str | None:
    if text is None:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
