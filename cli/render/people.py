"""People: the way of each, what claims them scope, and what keeps them out."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli.render.layout import elapsed, facts, moment, table
from cli.render.states import state_text


def people_view(people: Sequence[dict[str, Any]]) -> RenderableType:
    """Everybody's header and way, one below the other."""
    return Group(*(part for person in people for part in (*_person(person), Text())))


def forecast_view(forecast: Sequence[dict[str, Any]]) -> RenderableType:
    """What would become of people whom nothing has asked for yet."""
    return Group(*(part for person in forecast for part in (_stranger(person), Text())))


def event_view(event: dict[str, Any]) -> RenderableType:
    """What became of an event, and the way of whom it concerned."""
    return Group(
        facts(
            ("event", event["key"]),
            ("queue", event["queue"]),
            ("dealt with", moment(event["at"])),
            ("outcome", f"{event['outcome']}: {event['text']}"),
            ("field", event["field"]),
            ("detail", event["detail"]),
            ("person", event["personKey"]),
            ("body", event["body"]),
        ),
        Text(),
        people_view(event["people"]),
    )


def accepted_view(accepted: Sequence[tuple[str, str]]) -> RenderableType:
    """Whom each accepted event is about, and the key to follow it by."""
    return table(("person", "key"), accepted)


def name_of(person: dict[str, Any]) -> str:
    """What a person is called: UPN, else employee id, else key."""
    return str(person["userPrincipalName"] or person["employeeId"] or person["key"])


def _stranger(person: dict[str, Any]) -> RenderableType:
    place, wave = person["position"], person["wave"]
    return facts(
        ("person", person["userPrincipalName"]),
        ("employee id", person["employeeId"]),
        ("object id", person["objectId"]),
        ("department", person["department"]),
        ("state", "not enrolled"),
        ("", person["text"]),
        ("position", None if place is None else f"{place:.4f}"),
        ("wave", wave and f"{wave}, {'begun' if person['begun'] else 'not begun'}"),
    )


def _person(person: dict[str, Any]) -> Iterator[RenderableType]:
    flag = f"{person['flag']}: {person['flagText']}" if person["flag"] else None
    yield facts(
        ("person", name_of(person)),
        ("employee id", person["employeeId"]),
        ("object id", person["objectId"]),
        ("state", state_text(person["state"])),
        ("", person["text"]),
        ("cause", _cause(person["cause"])),
        *(("held in", _claim(claim)) for claim in person["claims"]),
        ("kept out", _exclusion(person["exclusion"])),
        ("membership", _membership(person)),
        ("looked for again", moment(person["due"])),
        ("deadline", moment(person["deadline"])),
        ("flag", flag),
    )
    yield table(("time (UTC)", "elapsed", "state", "reason", "detail"), list(_steps(person)))


def _cause(cause: dict[str, Any]) -> str:
    return f"{cause['kind']} by {cause['actor']}: {cause['reference']}"


def _claim(claim: dict[str, Any]) -> str:
    return f"{_cause(claim['cause'])}{_until(claim)}"


def _exclusion(exclusion: dict[str, Any] | None) -> str | None:
    if exclusion is None:
        return None
    detail = f": {exclusion['detail']}" if exclusion["detail"] else ""
    return f"{exclusion['reason']} by {exclusion['actor']}{detail}{_until(exclusion)}"


def _until(wish: dict[str, Any]) -> str:
    until, word = moment(wish["until"]), "ended" if wish["over"] else "until"
    return f", {word} {until} UTC" if until else ""


def _steps(person: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    steps = person["steps"]
    for step in steps:
        since = datetime.fromisoformat(step["at"]) - datetime.fromisoformat(steps[0]["at"])
        yield (
            moment(step["at"]),
            elapsed(since),
            state_text(step["state"]),
            step["text"],
            step["detail"],
        )


def _membership(person: dict[str, Any]) -> str:
    source_of_authority = (
        f", written to {person['sourceOfAuthority']}" if person["sourceOfAuthority"] else ""
    )
    return f"{person['provenance']}{source_of_authority}"
