"""Delivery: events as they were typed or written into a file, checked and sent."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched

from cli.client import MOST_EVENTS, OperatorApi
from cli.events_file import (
    Entry,
    Event,
    EventsRead,
    InvalidEvents,
    check,
    enveloped,
    read_events,
    shown,
)
from cli.exits import Failure, RefusedInput, Status
from cli.hr_export.ask import Said, mapping_for
from cli.tables import accepted_table
from cli.terminal import Form, contents, draw, show_as_json, tell
from shared.contracts.api.event_views import AcceptedEvents
from shared.contracts.messages.onboarding_event import PersonCloudEvent
from shared.domain.errors import InvalidMessage
from shared.domain.person.people import Identifier, IdentifierKind

_FIELDS = {
    IdentifierKind.OBJECT_ID: "objectId",
    IdentifierKind.USER_PRINCIPAL_NAME: "userPrincipalName",
    IdentifierKind.EMPLOYEE_ID: "employeeId",
}


def event_for(
    person: str, offboard: bool, effective_date: datetime | None, reason: str | None
) -> Entry[Event]:
    """Makes an event about one person.

    Raises:
        Failure: the app's contract does not take it.
    """
    identifier = Identifier.parse(person)
    event = {
        _FIELDS[identifier.kind]: identifier.value,
        **({"action": "offboard"} if offboard else {}),
        **({"effectiveDate": effective_date.date().isoformat()} if effective_date else {}),
        **({"reason": reason} if reason else {}),
    }
    try:
        return Entry("event 1", check(event))
    except InvalidMessage as problem:
        raise Failure(Status.USAGE, f"{problem.field}: {problem.reason}") from None


def events_of(file: str, said: Said) -> EventsRead:
    """Reads the events of a file and tells what is none; `-` is stdin.

    Raises:
        Failure: it cannot be read, or holds no event.
    """
    try:
        found = read_events(contents(file), file, mapping_for(file, said))
    except InvalidEvents as problem:
        raise Failure(Status.USAGE, f"nothing was sent of {file}:\n{problem}") from None
    for note in found.notes:
        tell(note)
    return found


def check_whole(found: EventsRead, *, sent: bool) -> None:
    """Says what a file holds that is no event, once all else has been dealt with.

    Raises:
        Failure: there is any.
    """
    if found.refused:
        lines = "\n".join(shown(found.refused))
        done = "the others were sent" if sent else "the others could be sent"
        raise Failure(Status.NOT_FOUND, f"{len(found.refused)} refused, {done}:\n{lines}")


def deliver(api: OperatorApi, entries: Sequence[Entry[Event]], actor: str, output: Form) -> None:
    """Sends the events and shows the keys of what was accepted.

    Raises:
        Failure: some were not; the text says which and where to go on.
    """
    ready = [Entry(entry.place, enveloped(entry.value, actor)) for entry in entries]
    keys: list[str] = []
    try:
        for some in batched(ready, MOST_EVENTS, strict=False):
            keys += _send(api, some, len(keys))
            tell(f"{len(keys)} of {len(ready)} accepted")
    finally:
        # What was accepted has its keys, even where something went wrong behind it.
        if keys:
            if output is Form.JSON:
                show_as_json(AcceptedEvents(keys=tuple(keys)))
            else:
                whom = [(_whom(one.value), key) for one, key in zip(ready, keys, strict=False)]
                draw(accepted_table(whom))


def _send(api: OperatorApi, entries: Sequence[Entry[Event]], accepted: int) -> tuple[str, ...]:
    try:
        return api.send([entry.value for entry in entries])
    except Failure as problem:
        text = str(problem)
        if isinstance(problem, RefusedInput):
            text = _refusal(problem, entries)
        if accepted:
            text += f"\n{accepted} events were accepted before; send on from {entries[0].place}"
        raise Failure(problem.status, text) from None


def _refusal(problem: RefusedInput, entries: Sequence[Entry[Event]]) -> str:
    number, bracket, field = problem.field.removeprefix("[").partition("].")
    place = entries[int(number)].place if bracket and number.isdigit() else problem.field
    return f"the app refused {place}, {field or '(body)'}: {problem.reason}"


def _whom(event: Event) -> str:
    read = PersonCloudEvent.read_object(event)
    data = read.data
    return data.user_principal_name or data.employee_id or data.object_id or read.id
