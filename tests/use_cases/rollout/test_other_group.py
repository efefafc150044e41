"""Another group in the place of the one before is filled with everybody who was seen in that."""

from dataclasses import replace
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.adapters.memory.tenant import Group
from shared.contracts.api.operation_orders import ApplyOrder, RollbackOrder
from shared.domain.person.enrolment import Provenance, State
from shared.ports.rollouts import Reconciliation
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.roll_back import roll_back
from shared.use_cases.tick import tick
from shared.use_cases.writing.stop_and_start import start, stop
from tests.support.course import (
    Clock,
    applies,
    asks,
    ids,
    plans,
    populate,
    ring_text,
    shown,
    text_of,
    write_all,
)
from tests.support.enrolments import HOUR, SCOPE
from tests.support.moves import UNGATED
from tests.support.processes import Death, ProcessDied, deaths, process
from tests.support.stage import Stage, a_stage, an_id, said

FEW: dict[str, Any] = {
    "drift": {"removedByHand": "report"},
    "safety": {"removals": {"share": 1.0, "people": 2}},
}
"""A document by which no more are repaired unasked."""
OTHER = "0ddba110-0000-4000-8000-000000000001"
PILOT, BEFORE, ALL = ids([1, 2, 3]), ids([4, 5]), ids([1, 2, 3, 4, 5])
REPORT, REPAIR = ({"removedByHand": one} for one in ("report", "repair"))
HANDS = pytest.mark.parametrize("drift", [REPORT, REPAIR], ids=["report", "repair"])


def document(group: str = SCOPE, **parts: Any) -> str:
    pilot = {**ring_text("pilot", 1, 2, 3), "gates": UNGATED}
    return text_of(pilot, scope={"group": group, "topology": "nested"}, **parts)


async def passes(stage: Stage, clock: Clock, rounds: int = 3) -> None:
    """Hours in which the timers and the writers do what they do, and Entra shows it."""
    for _ in range(rounds):
        for timer in (tick, reconcile, tick):
            await timer(stage.another(), clock)
            await write_all(stage, clock.now)
        clock.advance(HOUR)


async def under_way(**parts: Any) -> tuple[Stage, Clock]:
    """Three are in by a wave, two were there before, and all of them have been seen."""
    stage, clock = a_stage(), Clock()
    populate(stage, 9)
    stage.tenant.join(SCOPE, *BEFORE)
    await applies(ApplyOrder(plan=await shown(stage, document(**parts))), stage.another())
    await passes(stage, clock)
    assert stage.scope == ALL
    return stage, clock


async def make_another(stage: Stage, clock: Clock, **parts: Any) -> str:
    """The group is lost, and another one in its place, in the app's settings and the document."""
    await stop(stage.another(), clock.now, actor="ada", reason="the group was deleted")
    del stage.tenant.groups[SCOPE]
    stage.tenant.groups[OTHER] = Group()
    stage.tenant.scope_group_id = OTHER
    rules = replace(stage.world.tenant_rules, scope_group_id=OTHER)
    stage.world = replace(stage.world, tenant_rules=rules)
    return document(OTHER, **parts)


async def go_on(stage: Stage, clock: Clock, group: str | None) -> None:
    await start(stage.another(), clock.now, actor="ada", reason="this one is meant", group_id=group)
    await tick(stage.another(), clock)


async def report_of(stage: Stage) -> Reconciliation:
    report = await stage.another().rollouts.reconciliation()
    assert report is not None
    return report


async def fill(stage: Stage, clock: Clock, **parts: Any) -> None:
    """As the runbook has it."""
    text = await make_another(stage, clock, **parts)
    plan = await plans(text, stage.another())
    assert {one.reason: one.people for one in plan.drift} == {"former-group": 5}
    await applies(ApplyOrder(plan=plan.fingerprint), stage.another(), "apply-2")
    await go_on(stage, clock, OTHER)


@HANDS
async def test_everybody_is_in_the_group_in_its_place_whatever_is_said_of_hands(
    drift: dict[str, str], signals: list[EventDict]
) -> None:
    stage, clock = await under_way(drift=drift)
    await fill(stage, clock, drift=drift)
    await reconcile(stage.another(), clock)
    assert (await report_of(stage)).repaired == 5
    assert said(signals, "drift-found")[-1]["former_group"] == 5
    await passes(stage, clock)
    assert stage.scope == ALL
    assert said(signals, "drift-found")[-1]["former_group"] == 5, "and never again"


@HANDS
async def test_whoever_was_there_before_stays_so_and_is_never_taken_out_of_the_other_one_either(
    drift: dict[str, str],
) -> None:
    """Neither by a rollback nor by the reconciliations after it."""
    stage, clock = await under_way(drift=drift)
    await fill(stage, clock, drift=drift)
    await passes(stage, clock)
    for key in BEFORE:
        person = await stage.person(key)
        assert (person.state, person.provenance) == (State.VISIBLE, Provenance.PREEXISTING)
    look = RollbackOrder(wave="pilot", reason="wrong people")
    seen = await roll_back(look, asks(look, "look"), stage.another(), clock.now)
    back = look.model_copy(update={"plan": seen.fingerprint})
    await roll_back(back, asks(back, "back"), stage.another(), clock.now)
    await passes(stage, clock)
    assert stage.scope == BEFORE


async def test_once_everybody_was_asked_for_hands_are_heeded_as_the_document_says() -> None:
    stage, clock = await under_way(drift=REPORT)
    await fill(stage, clock, drift=REPORT)
    await passes(stage, clock)
    stage.tenant.leave(OTHER, an_id(1), an_id(4))
    await passes(stage, clock)
    assert stage.scope == ids([2, 3, 5])
    report = await report_of(stage)
    assert (report.removed_by_hand, report.no_longer_members) == ([an_id(1)], [an_id(4)])
    assert report.former_group == []


async def test_more_than_is_done_unasked_are_asked_for_and_put_in_once_they_were_shown() -> None:
    stage, clock = await under_way(**FEW)
    text = await make_another(stage, clock, **FEW)
    plan = await plans(text, stage.another())
    assert any("5 people, more than the 2 allowed" in one for one in plan.unsafe)
    forced = ApplyOrder(plan=plan.fingerprint, force=True, reason="another group, change 4711")
    await applies(forced, stage.another(), "apply-2")
    await go_on(stage, clock, OTHER)
    await passes(stage, clock)
    assert stage.scope == ALL


async def test_where_nobody_was_shown_them_they_are_held_and_said_and_not_forgotten() -> None:
    stage, clock = await under_way(**FEW)
    # The same group to Entra's eye: what is in it was made anew, as an AD group is.
    await stop(stage.another(), clock.now, actor="ada", reason="the AD group was deleted")
    stage.tenant.leave(SCOPE, *ALL)
    await go_on(stage, clock, SCOPE)
    await passes(stage, clock)
    assert (await report_of(stage)).problem.startswith("not repaired: 5 people")
    assert stage.scope == frozenset()
    again = await plans(document(**FEW), stage.another())
    forced = ApplyOrder(plan=again.fingerprint, force=True, reason="change 4711")
    await applies(forced, stage.another(), "apply-2")
    await passes(stage, clock)
    assert stage.scope == ALL


async def test_a_group_of_the_same_name_that_nobody_says_is_another_has_its_lost_people_said(
    signals: list[EventDict],
) -> None:
    """In the plan, at each reconciliation and in what alarms hang on; nobody vanishes silently."""
    stage, clock = await under_way(drift=REPORT)
    stage.tenant.leave(SCOPE, *ALL)
    plan = await plans(document(drift=REPORT), stage.another())
    assert {one.reason: one.people for one in plan.drift} == {
        "removed-by-hand": 3,
        "no-longer-member": 2,
    }
    assert plan.kept == 3
    await passes(stage, clock)
    assert stage.scope == frozenset()
    assert set((await report_of(stage)).no_longer_members) == BEFORE
    last = said(signals, "drift-found")[-1]
    assert (last["removed_by_hand"], last["no_longer_members"]) == (3, 2)


async def test_a_filling_that_dies_anywhere_is_ended_by_the_next() -> None:
    async def dies(death: Death) -> None:
        stage, clock = await under_way(drift=REPORT)
        await fill(stage, clock, drift=REPORT)
        try:
            await reconcile(process(stage, death), clock)
        except ProcessDied:
            clock.advance(HOUR)
        await passes(stage, clock)
        # Whoever was asked for by the one that died is written by the follow-up.
        assert stage.scope == ALL, death.number

    for death in deaths():
        await dies(death)
    assert death.number > 20
