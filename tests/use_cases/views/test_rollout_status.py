"""The status for telemetry: counts and words, and nobody's name."""

from dataclasses import replace

from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.state import Pause, PauseReason, Phase, Rollout
from shared.domain.signals import RolloutStatus
from shared.ports.ledger import Receipt
from shared.use_cases.views.rollout_status import status_of
from tests.support.course import member, standing, ungated
from tests.support.enrolments import NOW
from tests.support.stage import Stage, an_id, upn_of
from tests.support.waves import document

SOAKING = standing(document(ungated("pilot", 1)), Phase.SOAKING, 1)


async def status(stage: Stage, rollout: Rollout | None) -> RolloutStatus:
    if rollout:
        await stage.applies(rollout)
    return await status_of(await stage.another().rollouts.current(), stage.world)


async def test_before_the_first_rollout_only_people_are_counted(stage: Stage) -> None:
    await stage.store(member(1, State.VISIBLE))
    found = await status(stage, None)
    assert (found.phase, found.wave, found.pause) == (None, None, None)
    assert found.people == {State.VISIBLE: 1}


async def test_the_rollouts_phase_wave_and_pause_are_told(stage: Stage) -> None:
    found = await status(stage, SOAKING)
    assert (found.phase, found.wave, found.pause) == (Phase.SOAKING, "pilot", None)
    halt = Pause(PauseReason.BY_OPERATOR, "for anna@contoso.test", NOW, "ada", Phase.SOAKING)
    paused = replace(SOAKING, phase=Phase.PAUSED, pause=halt)
    assert (await status(stage, paused)).pause is PauseReason.BY_OPERATOR


async def test_a_rollout_that_has_not_begun_has_no_wave(stage: Stage) -> None:
    planned = replace(SOAKING, phase=Phase.PLANNED, started=0, cuts=())
    found = await status(stage, planned)
    assert (found.phase, found.wave) == (Phase.PLANNED, None)


async def test_flags_and_refused_messages_are_counted_and_nobody_is_named(stage: Stage) -> None:
    await stage.store(
        member(1, State.APPLIED, flag=Reason.NOT_VISIBLE),
        member(2, State.REQUESTED, flag=Reason.NOT_WRITTEN),
    )
    refused = Receipt(key="1", queue="q", at=NOW, outcome=Reason.INVALID, body=upn_of(1))
    await stage.another().ledger.record_receipts([refused])
    found = await status(stage, SOAKING)
    assert (found.flagged, found.refused_messages) == (2, 1)
    assert not any(name in str(found.fields()) for name in (an_id(1), upn_of(1)))
