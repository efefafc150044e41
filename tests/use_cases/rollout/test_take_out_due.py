"""Before the first rollout a last day that is over, and an operator's --until, take people out."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.use_cases.onboarding.override_person import include, release
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.take_out_due import take_out_due
from shared.use_cases.writing.stop_and_start import stop
from tests.support.course import Clock, ids, in_state, populate, write_all
from tests.support.enrolments import DAY, HOUR, NOW, SCOPE
from tests.support.stage import Stage, an_id, messages

SAID: dict[str, Any] = {"actor": "ada", "reason": "to be sure"}
LEAVES = (NOW + DAY).date().isoformat()


async def hears(stage: Stage, **event: Any) -> None:
    await take_events(messages({"employeeId": "1", **event}), stage.another(), NOW)


async def passes(stage: Stage, time: timedelta) -> datetime:
    """Some time in which each message of HR's is lost, and reconciliation goes on."""
    now = NOW + time
    await reconcile(stage.another(), Clock(now))
    await write_all(stage, now)
    return now


async def is_hired(stage: Stage) -> None:
    populate(stage, 2)
    await hears(stage)
    await write_all(stage, NOW)
    assert an_id(1) in stage.scope


async def test_a_leaver_whose_last_day_is_over_is_out_though_its_message_is_lost(
    stage: Stage,
) -> None:
    await is_hired(stage)
    await hears(stage, action="offboard", effectiveDate=LEAVES)
    await passes(stage, HOUR)
    assert an_id(1) in stage.scope
    await passes(stage, 3 * DAY)
    gone = await stage.person(1)
    assert (an_id(1) in stage.scope, gone.reason) == (False, Reason.OFFBOARDED)


async def test_whoever_was_included_until_a_day_is_in_until_then(stage: Stage) -> None:
    populate(stage, 2)
    await include("2", stage.another(), NOW, until=NOW + DAY, **SAID)
    await write_all(stage, NOW)
    await passes(stage, HOUR)
    assert an_id(2) in stage.scope
    await passes(stage, DAY + HOUR)
    assert an_id(2) not in stage.scope


async def test_whose_inclusion_is_taken_back_is_out_unless_an_event_wants_them_in(
    stage: Stage,
) -> None:
    await is_hired(stage)
    for name in ("1", "2"):
        await include(name, stage.another(), NOW, **SAID)
    await write_all(stage, NOW)
    for name in ("1", "2"):
        await release(name, stage.another(), NOW + HOUR, **SAID)
    await passes(stage, 2 * HOUR)
    assert stage.scope == ids([1])


async def test_nobody_is_taken_out_while_all_is_stopped(stage: Stage) -> None:
    await is_hired(stage)
    await hears(stage, action="offboard", effectiveDate=LEAVES)
    await stop(stage.another(), NOW + HOUR, **SAID)
    await passes(stage, 3 * DAY)
    assert (await stage.person(1)).state.is_in_scope


async def test_an_operator_s_stop_is_heeded_between_two_chunks(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.use_cases.rollout.take_out_due.CHUNK", 1)
    populate(stage, 3)
    for number in (1, 2, 3):
        await include(f"{number}", stage.another(), NOW, until=NOW + DAY, **SAID)
    await write_all(stage, NOW)
    later = NOW + 2 * DAY

    async def say() -> None:
        await stop(stage.another(), later, **SAID)

    stage.turns.at("ledger.amend done", say)
    await take_out_due(stage.world, later)
    assert len(in_state(stage, State.WITHDRAWING)) == 1


async def test_whoever_was_there_before_stays(stage: Stage) -> None:
    populate(stage, 2)
    stage.tenant.join(SCOPE, an_id(1))
    await hears(stage)
    await passes(stage, DAY)
    assert an_id(1) in stage.scope
