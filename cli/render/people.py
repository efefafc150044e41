"""People: the way of each, what claims them for the scope, and what keeps them out."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from cli.plain import actor_text, moment
from cli.render.layout import elapsed, facts, plain, table
from cli.render.states import state_text
from shared.contracts.api.event_views import EventView
from shared.contracts.api.people_views import (
    CauseView,
    ClaimView,
    ExclusionView,
    ForecastView,
    ListedPerson,
    PeopleView,
    PersonSummary,
    PersonView,
)

_STILL_IN = "still in the scope group, and so still able to reset"


def answer_view(answer: PeopleView) -> RenderableType:
    """Renders everybody's way, and what would become of those who are not enrolled."""
    return Group(people_view(answer.people), forecast_view(answer.forecast))


def people_view(people: Sequence[PersonView]) -> RenderableType:
    """Renders everybody's header and way, one below the other."""
    return Group(*(part for person in people for part in (*_person(person), Text())))


def forecast_view(forecast: Sequence[ForecastView]) -> RenderableType:
    """Renders what would become of people whom nothing has asked for yet."""
    return Group(*(part for person in forecast for part in (_stranger(person), Text())))


def listed_view(people: Sequence[ListedPerson]) -> RenderableType:
    """Renders a list of people: a line each, with what they have registered."""
    columns = ("person", "state", "reason", "wave", "methods")
    return table(columns, [_listed(person) for person in people])


def _listed(person: ListedPerson) -> tuple[object, ...]:
    held = None if person.held is None else [f"{one.name}: {one.text}" for one in person.held]
    methods = "not read yet" if held is None else "; ".join(held) or "none registered"
    state = state_text(person.state)
    return (name_of(person), state, person.reason, person.wave or "", methods)


def event_view(event: EventView) -> RenderableType:
    """Renders what became of an event, and the way of whom it concerned."""
    return Group(
        facts(
            ("event", event.key),
            ("queue", event.queue),
            ("dealt with", moment(event.at)),
            ("outcome", f"{event.outcome}: {event.text}"),
            ("field", event.field),
            ("detail", event.detail),
            ("person", event.person_key),
            ("body", event.body),
        ),
        Text(),
        people_view(event.people),
    )


def accepted_view(accepted: Sequence[tuple[str, str]]) -> RenderableType:
    """Renders whom each accepted event is about, and the key to follow it by."""
    return table(("person", "key"), accepted)


def name_of(person: PersonSummary) -> str:
    """Returns what a person is called: UPN, else employee id, else key."""
    return person.user_principal_name or person.employee_id or person.key


def _stranger(person: ForecastView) -> RenderableType:
    place, wave = person.position, person.wave
    return facts(
        ("person", person.user_principal_name),
        ("employee id", person.employee_id),
        ("object id", person.object_id),
        ("department", person.department),
        ("AD domain", person.domain),
        ("state", "not enrolled"),
        ("", person.text),
        ("position", None if place is None else f"{place:.4f}"),
        ("wave", wave and f"{wave}, {'begun' if person.begun else 'not begun'}"),
    )


def _person(person: PersonView) -> Iterator[RenderableType]:
    flag = f"{person.flag}: {person.flag_text}" if person.flag else None
    yield facts(
        ("person", name_of(person)),
        ("employee id", person.employee_id),
        ("object id", person.object_id),
        ("AD domain", person.domain),
        ("state", state_text(person.state)),
        ("", person.text),
        ("cause", _cause(person.cause)),
        *(("claimed by", _claim(claim)) for claim in person.claims),
        ("kept out", _exclusion(person.exclusion)),
        ("membership", _membership(person)),
        ("in Entra", plain(_still_in(person), "bold red") if person.still_member else None),
        ("looked for again", moment(person.due)),
        ("deadline", moment(person.deadline)),
        *_methods(person),
        ("flag", flag),
    )
    yield table(("time (UTC)", "elapsed", "state", "reason", "detail"), list(_steps(person)))


def _still_in(person: PersonView) -> str:
    why = person.still_member_because
    return f"{_STILL_IN}: {why}" if why else _STILL_IN


def _methods(person: PersonView) -> Iterator[tuple[str, str | None]]:
    """Yields a line for each method; what an older app says has no word of what counts."""
    if person.held:
        yield from (("method", f"{one.name}: {one.text}") for one in person.held)
    elif person.methods is not None:
        yield "methods", ", ".join(person.methods) or "none registered"


def _cause(cause: CauseView) -> str:
    return f"{cause.kind} by {actor_text(cause.actor)}: {cause.reference}"


def _claim(claim: ClaimView) -> str:
    return f"{_cause(claim.cause)}{_until(claim)}"


def _exclusion(exclusion: ExclusionView | None) -> str | None:
    if exclusion is None:
        return None
    detail = f": {exclusion.detail}" if exclusion.detail else ""
    return f"{exclusion.reason} by {actor_text(exclusion.actor)}{detail}{_until(exclusion)}"


def _until(wish: ClaimView | ExclusionView) -> str:
    until, word = moment(wish.until), "ended" if wish.over else "until"
    return f", {word} {until} UTC" if until else ""


def _steps(person: PersonView) -> Iterator[tuple[object, ...]]:
    steps = person.steps
    for step in steps:
        since = step.at - steps[0].at
        yield (
            moment(step.at),
            elapsed(since),
            state_text(step.state),
            step.text,
            step.detail,
        )


def _membership(person: PersonView) -> str:
    written = f", written to {person.source_of_authority}" if person.source_of_authority else ""
    return f"{person.provenance}{written}"
