"""What an HR system's message comes to, for people."""

from collections.abc import Mapping

from rich.console import Group, RenderableType

from cli.hr_trial import Trial
from cli.render.layout import heading, section, table
from shared.contracts.messages.onboarding_event import PersonCloudEvent

_COLUMNS = ("event", "person", "on", "happened", "id")


def trial_view(trial: Trial) -> Group:
    """Renders the events, what would be left alone or refused, or the answer to a handshake."""
    if trial.answer is not None:
        return Group(heading(f"a handshake, answered: {trial.answer}"))
    events = [_row(one) for one in trial.events]
    parts: list[RenderableType] = [
        table(_COLUMNS, events) if events else heading("no events"),
        *section(
            "Left alone",
            ("field", "reason"),
            [(one.field, one.reason) for one in trial.left_alone],
        ),
        *section(
            "Refused",
            ("field", "reason"),
            [(one.field, one.reason) for one in trial.refused],
        ),
    ]
    return Group(*parts)


def _row(event: Mapping[str, object]) -> tuple[object, ...]:
    read = PersonCloudEvent.read_object(event)
    data = read.data
    person = data.object_id or data.user_principal_name or data.employee_id
    return (read.type.split(".")[-2], person, data.effective_date, event.get("time"), read.id)
