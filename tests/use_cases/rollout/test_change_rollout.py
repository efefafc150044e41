"""A change of the rollout is decided about again where somebody else was first."""

from dataclasses import replace

import pytest
import stamina

from shared.domain.errors import NotPossible
from shared.domain.rollout.state import Phase, Rollout
from shared.use_cases.rollout.change_rollout import change_rollout
from tests.support.course import audited, rollout_of, set_up, staged, standing, ungated
from tests.support.enrolments import NOW
from tests.support.processes import Death, Meanwhile, ProcessDied, deaths, meanwhiles, process
from tests.support.stage import Stage
from tests.support.waves import document

SOAKING = standing(document(ungated("pilot", 1)), Phase.SOAKING, 1)


def longer(rollout: Rollout) -> Rollout:
    return replace(rollout, reason=f"{rollout.reason}+")


async def test_of_two_changes_at_once_neither_is_lost() -> None:
    async def another_in_between(meanwhile: Meanwhile) -> None:
        stage = await staged(SOAKING, 1)
        meanwhile.act = lambda: change_rollout(stage.another(), longer, action="other", now=NOW)
        with stamina.set_testing(True, attempts=9, cap=True):
            await change_rollout(process(stage, meanwhile), longer, action="one", now=NOW)
        assert (await rollout_of(stage)).reason == ("++" if meanwhile.came else "+")

    for meanwhile in meanwhiles():
        await another_in_between(meanwhile)


async def test_a_change_that_dies_anywhere_was_made_wholly_or_not_at_all() -> None:
    async def dies(death: Death) -> None:
        stage = await staged(SOAKING, 1)
        try:
            await change_rollout(process(stage, death), longer, action="change", now=NOW)
        except ProcessDied:
            made = "rollouts.replace" in death.passed
        else:
            made = True
        assert (await rollout_of(stage)).reason == ("+" if made else "")
        assert audited(stage) == ["test"] + ["change"] * made

    for death in deaths():
        await dies(death)


async def test_what_cannot_be_done_is_not_tried_again(stage: Stage) -> None:
    def refuse(_: Rollout) -> Rollout:
        raise NotPossible("no")

    await set_up(stage, SOAKING, 1)
    with pytest.raises(NotPossible, match=r"^no$"):
        await change_rollout(stage.world, refuse, action="change", now=NOW)
    assert stage.turns.points == ["rollouts.current"]


async def test_without_a_rollout_the_way_to_one_is_told(stage: Stage) -> None:
    with pytest.raises(NotPossible, match="apply a plan first"):
        await change_rollout(stage.world, longer, action="change", now=NOW)


async def test_an_error_that_is_no_conflict_is_not_tried_again(stage: Stage) -> None:
    await set_up(stage, SOAKING, 1)
    stage.turns.fail("rollouts.replace", ConnectionError("gone"))
    with pytest.raises(ConnectionError):
        await change_rollout(stage.world, longer, action="change", now=NOW)
    assert stage.turns.points == ["rollouts.current", "rollouts.replace"]
