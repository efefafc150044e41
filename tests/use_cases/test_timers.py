"""A timer says when it is done, and whether it did what it is for."""

import pytest
from structlog.typing import EventDict

from shared.domain.errors import DirectoryUnavailable
from shared.domain.rollout.state import Phase
from shared.domain.signals import Timer
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.timers import run_timer
from tests.support.course import Clock, set_up, standing, ungated
from tests.support.stage import Stage, said
from tests.support.waves import document


async def test_a_reconciliation_is_told_of_when_it_is_over(
    stage: Stage, signals: list[EventDict]
) -> None:
    await run_timer(Timer.RECONCILE, reconcile(stage.world, Clock()))
    told = {"timer": "reconcile_timer", "succeeded": True}
    assert said(signals, "timer-ended") == [told]
    assert signals[-1]["event"] == "timer-ended"


async def test_one_that_graph_fails_is_told_as_failed_though_it_has_begun(
    stage: Stage, signals: list[EventDict]
) -> None:
    await set_up(stage, standing(document(ungated("pilot", 1)), Phase.COMPLETED, 1), 1)
    stage.turns.fail("directory.everybody", DirectoryUnavailable("Graph is away"))
    with pytest.raises(DirectoryUnavailable):
        await run_timer(Timer.RECONCILE, reconcile(stage.world, Clock()))
    assert said(signals, "rollout-standing")
    assert said(signals, "timer-ended") == [{"timer": "reconcile_timer", "succeeded": False}]
