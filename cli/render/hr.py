"""What an HR system's message comes to, for people."""

from collections.abc import Mapping

from rich.console import Group, RenderableType

from cli.hr_trial import Trial
from cli.plain import moment
from cli.render.layout import heading, section, table
from shared.contracts.messages.onboarding_event import (
    ARRIVED,
    LISTED,
    OFFBOARDED,
    ONBOARDED,
    PersonCloudEvent,
)

_COLUMNS = ("means", "person", "on", "in", "from (UTC)", "happened", "id")
_MEANINGS = {
    ONBOARDED: "joins",
    OFFBOARDED: "leaves",
    LISTED: "listed",
    ARRIVED: "looked at",
}
_WHERE_THE_ROLLOUT_IS = "(the rollout document's)"


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
    data, zone = read.data, read.data.time_zone
    person = data.object_id or data.user_principal_name or data.employee_id
    where, counts = None, None
    if data.effective_date:
        where = zone or _WHERE_THE_ROLLOUT_IS
        counts = moment(read.counts_from(zone)) if zone else None
    happened = event.get("time")
    return (_MEANINGS[read.type], person, data.effective_date, where, counts, happened, read.id)
