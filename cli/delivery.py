"""Delivery: events as they were typed or written into a file, checked and sent."""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched

from cli.client import OperatorApi
from cli.events_file import (
    Entry,
    Event,
    EventsRead,
    InvalidEvents,
    Refused,
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
from shared.contracts.api.refused_view import RefusedView
from shared.contracts.messages.contract import MOST_EVENTS
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
    accepted: list[tuple[Entry[Event], str]] = []
    refused: list[Refused] = []
    try:
        for some in batched(ready, MOST_EVENTS, strict=False):
            answer = _send(api, some, len(accepted))
            left_out = {one.index: one for one in answer.refused}
            taken = [one for index, one in enumerate(some) if index not in left_out]
            accepted += zip(taken, answer.keys, strict=True)
            refused += [_refused(one, some) for one in answer.refused]
            tell(f"{len(accepted)} of {len(ready)} accepted")
    finally:
        # What was accepted has its keys, even where something went wrong behind it.
        if accepted:
            if output is Form.JSON:
                show_as_json(AcceptedEvents(keys=tuple(key for _, key in accepted)))
            else:
                draw(accepted_table([(_whom(one.value), key) for one, key in accepted]))
    if refused:
        lines = "\n".join(shown(refused))
        raise Failure(
            Status.NOT_FOUND, f"the app refused {len(refused)}, and took the others:\n{lines}"
        )


def _send(api: OperatorApi, entries: Sequence[Entry[Event]], accepted: int) -> AcceptedEvents:
    try:
        return api.send([entry.value for entry in entries])
    except Failure as problem:
        text = str(problem)
        if isinstance(problem, RefusedInput):
            text = f"the app refused {_placed(problem.field, problem.reason, entries)}"
        if accepted:
            text += f"\n{accepted} events were accepted before; send on from {entries[0].place}"
        raise Failure(problem.status, text) from None


def _refused(told: RefusedView, entries: Sequence[Entry[Event]]) -> Refused:
    return _placed(told.field, told.reason, entries)


def _placed(field: str, reason: str, entries: Sequence[Entry[Event]]) -> Refused:
    """Returns what the app says of an event of a list, by the event's place in the file."""
    number, bracket, inside = field.removeprefix("[").partition("].")
    place = entries[int(number)].place if bracket and number.isdigit() else field
    return Refused(place, inside or "(body)", reason)


def _whom(event: Event) -> str:
    read = PersonCloudEvent.read_object(event)
    data = read.data
    return data.user_principal_name or data.employee_id or data.object_id or read.id
