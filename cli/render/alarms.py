"""Alarms, for people."""

from rich.console import Group, RenderableType

from cli.alarms import AlarmList
from cli.plain import moment
from cli.render.layout import facts, plain, table
from shared.contracts.api.alarm_views import AlarmTestView

_STYLES = {1: "bold red", 2: "yellow", 3: ""}
_COLUMNS = ("severity", "alarm", "means", "first")


def alarms_view(found: AlarmList) -> Group:
    """Renders every alarm, the severest first."""
    rows = [
        (plain(one.severity, _STYLES.get(one.severity, "")), one.name, one.means, one.first)
        for one in sorted(found.alarms, key=lambda one: one.severity)
    ]
    where = found.alarms[0].entry.partition("#")[0]
    return Group(table(_COLUMNS, rows), plain(f"Each has its entry in {where}, under its name."))


def alarm_test_view(tested: AlarmTestView) -> RenderableType:
    """Renders what is to come of a test."""
    return facts(("asked for", tested.alarm), ("at", moment(tested.at)), ("next", tested.text))
