"""What a file of events comes to, for people."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.text import Text

from cli.events_file import EventsRead
from cli.plain import count
from cli.render.layout import heading, table
from shared.contracts.messages.onboarding_event import PersonCloudEvent

_COLUMNS = ("place", "comes to", "person", "on", "reason")


def foreseen_view(read: EventsRead) -> Group:
    """Renders a row for each place: the event that it comes to, or why it comes to none."""
    rows = [(one.place, *_event(one.value)) for one in read.entries]
    rows += [(one.place, "refused", one.field, "", one.reason) for one in read.refused]
    told = f"{count(len(read.entries), 'event')}, {len(read.refused)} refused; nothing was sent"
    parts: list[RenderableType] = [table(_COLUMNS, rows), Text(), heading(told)]
    return Group(*parts)


def _event(event: Mapping[str, object]) -> tuple[object, ...]:
    if "specversion" in event:
        read = PersonCloudEvent.read_object(event)
        return (read.type.split(".")[-2], *_said(read.data.model_dump(mode="json", by_alias=True)))
    return (event.get("action", "onboard"), *_said(event))


def _said(data: Mapping[str, object]) -> tuple[object, ...]:
    names = ("objectId", "userPrincipalName", "employeeId")
    person = ", ".join(str(data[name]) for name in names if data.get(name))
    return (person, data.get("effectiveDate") or "no date said", data.get("reason"))
