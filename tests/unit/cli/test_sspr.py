"""Whom SSPR is on for, as an operator sees it: loud and above all where it is wrong."""

import io
from typing import Any

from rich.console import Console, RenderableType

from cli.render.health import health_view
from cli.standing import Standing
from cli.tables import standing_table
from shared.contracts.api.health_views import HealthView
from shared.contracts.api.sspr_views import SsprView
from shared.contracts.api.status_views import StatusView
from shared.domain.health import Health
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_sight import SightSource, SsprSight
from shared.use_cases.views.describe_sspr import sspr_view
from tests.support.cli_samples import NOW, STATUS

AT: dict[str, Any] = {"since": NOW, "as_of": NOW, "source": SightSource.AUDIT_LOG}
OFF = SsprSight(finding=SsprFinding.OFF, **AT)
RIGHT = SsprSight(finding=SsprFinding.ON_FOR_GROUP, **AT)
ADVICE = "select the scope group again"


def shown(view: RenderableType) -> str:
    console = Console(record=True, width=200, file=io.StringIO(), color_system=None)
    console.print(view)
    return console.export_text()


def status_text(sspr: SsprView | None) -> str:
    status = StatusView.model_validate(STATUS).model_copy(update={"sspr": sspr})
    return shown(standing_table(Standing(status, None)))


def test_what_is_wrong_stands_above_everything_with_what_shows_it_and_what_to_do() -> None:
    lines = status_text(sspr_view(OFF)).splitlines()
    assert lines[0].split() == ["SSPR", "SSPR", "is", "off."]
    assert "the audit log of 2026-03-02 08:00:00 UTC" in lines[2]
    assert ADVICE in lines[3]
    assert sum("SSPR is off" in line for line in lines) == 1


def test_what_is_right_stands_below_and_an_app_of_before_says_nothing() -> None:
    text = status_text(sspr_view(RIGHT))
    assert "SSPR is on for the scope group." in text[text.index("1 person followed") :]
    assert ADVICE not in text
    assert "SSPR" not in status_text(None)


def test_a_log_that_could_not_be_read_is_said() -> None:
    blind = SsprSight(trouble="Graph answered 403")
    assert "not read  the audit log: Graph answered 403" in status_text(sspr_view(blind))


def test_health_says_it_beside_what_the_app_depends_on() -> None:
    known: dict[str, Any] = {"health": Health.OK, "at": NOW, "sspr": sspr_view(OFF)}
    text = shown(health_view(HealthView(**known)))
    assert "SSPR is off." in text
    assert ADVICE in text


def test_every_finding_that_is_wrong_says_what_to_do() -> None:
    for finding in SsprFinding:
        view = sspr_view(SsprSight(finding=finding, **AT))
        assert bool(view.advice) == view.wrong
