"""Whom SSPR is on for is watched: each new finding pauses once, and is told until it is over."""

from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.typing import EventDict

from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.scope_move import MoveKind, MoveLook, ScopeMove
from shared.domain.rollout.sspr_finding import SsprFinding
from shared.domain.rollout.sspr_policy import PolicyChange, SsprScope
from shared.domain.rollout.sspr_shares import EnabledCount
from shared.domain.rollout.sspr_sight import LAG, SightSource, SsprSight
from shared.domain.rollout.state import PauseReason, Phase
from shared.ports.rollouts import StoredRollout
from shared.use_cases.rollout import control
from shared.use_cases.rollout.watch_sspr import EVERY, watch_sspr
from shared.use_cases.tick import tick
from shared.use_cases.views.describe_people import describe_status
from shared.use_cases.writing.read_registrations import read_registrations
from tests.support.course import Clock, audited, member, rollout_of, set_up, standing, ungated
from tests.support.enrolments import DAY, NOW, SCOPE
from tests.support.stage import Stage, an_id, said
from tests.support.waves import document

OF = document(ungated("pilot", 1, 2), ungated("early", 3))
SOAKING = standing(OF, Phase.SOAKING, 1)
THEIRS = "0f0e0d0c-0000-4000-8000-00000000000b"
LOG = "directory.policy_changes"


@pytest.fixture
async def rolling(stage: Stage) -> Stage:
    """A rollout is under way, and SSPR was selected for its group."""
    await set_up(stage, SOAKING, 20)
    stage.tenant.switch_sspr(SsprScope.GROUP, NOW - DAY)
    await watch_sspr(stage.world, NOW - EVERY)
    return stage


async def looks(stage: Stage, *, after: timedelta = timedelta()) -> SsprSight:
    await watch_sspr(stage.world, NOW + after)
    return await stage.another().sspr_watch.sight()


async def paused_for(stage: Stage) -> PauseReason | None:
    pause = (await rollout_of(stage)).pause
    return pause.reason if pause else None


async def test_sspr_that_is_on_for_the_group_says_nothing(
    rolling: Stage, signals: list[EventDict]
) -> None:
    sight = await looks(rolling)
    assert (sight.finding, sight.source) == (SsprFinding.ON_FOR_GROUP, SightSource.AUDIT_LOG)
    assert await paused_for(rolling) is None
    assert [line["event"] for line in signals] == []


@pytest.mark.parametrize(
    ("scope", "group", "finding"),
    [
        (SsprScope.ALL, None, SsprFinding.ON_FOR_ALL),
        (SsprScope.NONE, None, SsprFinding.OFF),
        (SsprScope.GROUP, THEIRS, SsprFinding.OTHER_GROUP),
    ],
)
async def test_a_change_pauses_the_rollout_by_the_next_tick_and_is_said_where_people_look(
    rolling: Stage,
    signals: list[EventDict],
    scope: SsprScope,
    group: str | None,
    finding: SsprFinding,
) -> None:
    rolling.tenant.switch_sspr(scope, NOW, group)
    await tick(rolling.world, Clock())
    pause = (await rollout_of(rolling)).pause
    assert pause
    assert (pause.reason, pause.goes_on) == (PauseReason.SSPR_SCOPE, Phase.SOAKING)
    assert pause.detail.startswith(finding.text)
    told = {"finding": finding, "source": "audit-log", "since": NOW.isoformat()}
    assert said(signals, "sspr-scope-wrong") == [told]
    shown = (await describe_status(rolling.world, NOW)).sspr
    assert shown
    assert (shown.finding, shown.wrong, shown.since) == (finding, True, NOW)
    assert "Password reset, Properties" in shown.advice


async def test_whoever_resumes_has_seen_it_and_the_next_finding_pauses_again(
    rolling: Stage, signals: list[EventDict]
) -> None:
    rolling.tenant.switch_sspr(SsprScope.ALL, NOW)
    await looks(rolling)
    await control.resume(rolling.world, NOW, actor="ada", reason="meant")
    for number in (1, 2):
        await looks(rolling, after=number * EVERY)
        assert await paused_for(rolling) is None
    assert len(said(signals, "sspr-scope-wrong")) == 3
    rolling.tenant.switch_sspr(SsprScope.NONE, NOW + 2 * EVERY)
    await looks(rolling, after=3 * EVERY)
    assert await paused_for(rolling) is PauseReason.SSPR_SCOPE
    assert audited(rolling).count("pause") == 2


async def test_a_return_to_the_group_is_told_as_over_once_and_resumes_nothing(
    rolling: Stage, signals: list[EventDict]
) -> None:
    rolling.tenant.switch_sspr(SsprScope.NONE, NOW)
    await looks(rolling)
    rolling.tenant.switch_sspr(SsprScope.GROUP, NOW + EVERY)
    for number in (1, 2):
        await looks(rolling, after=number * EVERY)
    assert said(signals, "sspr-scope-right") == [{"before": "off"}]
    assert len(said(signals, "sspr-scope-wrong")) == 1
    assert await paused_for(rolling) is PauseReason.SSPR_SCOPE
    rolling.tenant.switch_sspr(SsprScope.NONE, NOW + 2 * EVERY)
    await control.resume(rolling.world, NOW, actor="ada", reason="it is right again")
    await looks(rolling, after=3 * EVERY)
    assert await paused_for(rolling) is PauseReason.SSPR_SCOPE


async def test_it_looks_every_five_minutes_and_not_at_every_tick(rolling: Stage) -> None:
    rolling.turns.points.clear()
    for minutes in range(11):
        await looks(rolling, after=timedelta(minutes=minutes))
    assert rolling.turns.points.count(LOG) == 3


async def test_an_entry_that_comes_late_is_read_all_the_same(rolling: Stage) -> None:
    await looks(rolling)
    rolling.tenant.switch_sspr(SsprScope.NONE, NOW - timedelta(hours=3))
    assert (await looks(rolling, after=EVERY)).finding is SsprFinding.OFF


async def test_a_log_that_may_not_be_read_is_said_and_stops_nothing(
    rolling: Stage, signals: list[EventDict]
) -> None:
    rolling.turns.fail(LOG, DirectoryUnavailable("Graph answered 403: not granted"))
    await tick(rolling.world, Clock())
    sight = await rolling.another().sspr_watch.sight()
    assert (sight.finding, sight.looked_at) == (SsprFinding.ON_FOR_GROUP, NOW)
    assert sight.log_read_until == NOW - EVERY
    told = {"problem": "Graph answered 403: not granted"}
    assert said(signals, "sspr-scope-unseen") == [told]
    assert await paused_for(rolling) is None
    assert (await looks(rolling, after=EVERY)).trouble == ""


async def test_what_was_wrong_is_told_on_while_the_log_is_away(
    rolling: Stage, signals: list[EventDict]
) -> None:
    rolling.tenant.switch_sspr(SsprScope.NONE, NOW)
    await looks(rolling)
    rolling.turns.fail(LOG, DirectoryUnavailable("Graph answered 503"))
    await looks(rolling, after=EVERY)
    assert len(said(signals, "sspr-scope-wrong")) == 2


async def test_a_change_that_says_nothing_pauses_and_is_told_for_a_day(
    rolling: Stage, signals: list[EventDict]
) -> None:
    rolling.tenant.policy_changes.append(PolicyChange(at=NOW, activity="Update SSPR Settings"))
    await looks(rolling)
    assert await paused_for(rolling) is PauseReason.SSPR_SCOPE
    await looks(rolling, after=DAY - EVERY)
    assert len(said(signals, "sspr-scope-wrong")) == 2
    assert (await looks(rolling, after=DAY)).finding is SsprFinding.CHANGED
    assert len(said(signals, "sspr-scope-wrong")) == 2


async def test_a_change_of_before_the_first_look_that_nobody_can_read_pauses_nothing(
    stage: Stage, signals: list[EventDict]
) -> None:
    """It may be the one by which the group was selected, three weeks before the product came."""
    await set_up(stage, SOAKING, 20)
    stage.tenant.policy_changes.append(
        PolicyChange(at=NOW - 21 * DAY, activity="Update SSPR Settings")
    )
    assert (await looks(stage)).finding is SsprFinding.CHANGED
    assert await paused_for(stage) is None
    assert said(signals, "sspr-scope-wrong") == []


async def test_somebody_else_who_changes_the_rollout_meanwhile_leaves_the_finding_new(
    rolling: Stage,
) -> None:
    rolling.tenant.switch_sspr(SsprScope.NONE, NOW)
    other = replace(SOAKING, document=replace(OF, digest="another"))
    rolling.turns.at("directory.policy_changes", lambda: rolling.applies(other))
    with pytest.raises(LedgerConflict):
        await looks(rolling)
    assert await paused_for(rolling) is None
    await looks(rolling)
    assert await paused_for(rolling) is PauseReason.SSPR_SCOPE


@pytest.mark.parametrize("phase", [Phase.ABORTED, Phase.PAUSED])
async def test_a_rollout_that_stands_still_is_left_as_it_is_and_the_finding_is_told(
    rolling: Stage, signals: list[EventDict], phase: Phase
) -> None:
    act = control.abort if phase is Phase.ABORTED else control.pause
    await act(rolling.world, NOW, actor="ada", reason="lunch")
    before = await rolling.another().rollouts.current()
    rolling.tenant.switch_sspr(SsprScope.NONE, NOW)
    await looks(rolling)
    after = await rolling.another().rollouts.current()
    assert isinstance(after, StoredRollout)
    assert after == before
    assert len(said(signals, "sspr-scope-wrong")) == 1


ADOPT = ScopeMove(kind=MoveKind.ADOPT, began=NOW, actor="ada", came_from=SsprScope.ALL)
LEAVE = ScopeMove(kind=MoveKind.LEAVE, began=NOW, actor="ada")


@pytest.mark.parametrize(
    ("move", "scope", "is_meant"),
    [
        (ADOPT, SsprScope.ALL, True),
        (ADOPT, SsprScope.NONE, False),
        (ADOPT.ended(NOW), SsprScope.ALL, False),
        (LEAVE, SsprScope.ALL, True),
        (LEAVE.ended(NOW), SsprScope.ALL, False),
        (LEAVE.ended(NOW), SsprScope.NONE, False),
    ],
)
async def test_what_a_move_of_the_scope_means_is_no_fault(
    rolling: Stage, signals: list[EventDict], move: ScopeMove, scope: SsprScope, is_meant: bool
) -> None:
    await rolling.applies(replace(SOAKING, move=move))
    rolling.tenant.switch_sspr(scope, NOW)
    await looks(rolling)
    assert (await paused_for(rolling) is None) is is_meant
    assert (said(signals, "sspr-scope-wrong") == []) is is_meant
    shown = (await describe_status(rolling.world, NOW)).sspr
    assert shown
    assert (shown.wrong, bool(shown.advice)) == (not is_meant, not is_meant)


@pytest.mark.parametrize("phase", Phase)
def test_a_leaving_that_is_over_expects_all_of_an_aborted_rollout_only(phase: Phase) -> None:
    left = replace(SOAKING, phase=phase, move=LEAVE.ended(NOW))
    assert left.expects(SsprFinding.ON_FOR_ALL, NOW) is (phase is Phase.ABORTED)


@pytest.mark.parametrize("outside", [0, 1])
async def test_an_unreadable_change_does_not_pause_who_was_told_to_select(
    rolling: Stage, outside: int
) -> None:
    """Given it is time to select the group, then the change is what was asked for; else not."""
    await rolling.applies(replace(SOAKING, move=ADOPT))
    rolling.tenant.switch_sspr(SsprScope.ALL, NOW)
    await looks(rolling)
    look = MoveLook(at=NOW, outside=outside, unwritten=0, of=ADOPT.began, aim=SOAKING.aim)
    await rolling.world.rollouts.keep_move_look(look)
    unread = PolicyChange(at=NOW + EVERY, activity="Update SSPR Settings")
    rolling.tenant.policy_changes.append(unread)
    assert (await looks(rolling, after=EVERY)).finding is SsprFinding.CHANGED
    assert (await paused_for(rolling) is PauseReason.SSPR_SCOPE) is bool(outside)


async def test_an_unreadable_change_rings_until_an_operator_says_what_it_was(
    rolling: Stage, signals: list[EventDict]
) -> None:
    """Whoever has selected the group as asked, and said so, is not alarmed for a day."""
    said_at = NOW + EVERY
    rolling.tenant.policy_changes.append(PolicyChange(at=NOW, activity="Update SSPR Settings"))
    await rolling.applies(replace(SOAKING, move=ADOPT))
    await looks(rolling)
    assert len(said(signals, "sspr-scope-wrong")) == 1
    await rolling.applies(replace(SOAKING, move=replace(ADOPT, by_word=True).ended(said_at)))
    await looks(rolling, after=EVERY)
    assert len(said(signals, "sspr-scope-wrong")) == 1
    shown = (await describe_status(rolling.world, said_at)).sspr
    assert shown
    assert (shown.finding, shown.wrong, shown.advice) == ("changed", False, "")


async def test_where_there_is_no_rollout_and_nobody_is_in_nothing_is_asked(stage: Stage) -> None:
    assert await looks(stage) == SsprSight()
    assert LOG not in stage.turns.points
    await stage.store(member(1, State.VISIBLE))
    assert (await looks(stage)).looked_at == NOW


async def enrolled(stage: Stage, inside: int, outside: int) -> None:
    """So many people who have been in for a day, beside as many others."""
    stage.arrive(0, administrator=True)
    for number in range(1, inside + outside + 1):
        stage.arrive(number, *([SCOPE] if number <= inside else []))
    await stage.store(*(member(number, State.EFFECTIVE) for number in range(1, inside + 1)))


@pytest.mark.parametrize(
    ("scope", "finding"),
    [
        (SsprScope.GROUP, SsprFinding.ON_FOR_GROUP),
        (SsprScope.ALL, SsprFinding.ON_FOR_ALL),
        (SsprScope.NONE, SsprFinding.OFF),
    ],
)
async def test_a_log_that_is_silent_leaves_it_to_the_report(
    stage: Stage, scope: SsprScope, finding: SsprFinding
) -> None:
    await enrolled(stage, 6, 7)
    await stage.applies(SOAKING)
    stage.tenant.sspr = scope
    stage.tenant.page = 4
    await read_registrations(stage.world, lambda: NOW)
    shares = await stage.another().sspr_watch.shares()
    assert shares
    assert (shares.inside.people, shares.outside.people) == (6, 7)
    sight = await looks(stage)
    assert (sight.finding, sight.source, sight.since) == (finding, SightSource.REPORT, NOW)
    assert await paused_for(stage) is (PauseReason.SSPR_SCOPE if finding.is_wrong else None)


async def test_a_report_of_before_the_change_does_not_take_it_back(rolling: Stage) -> None:
    await enrolled(rolling, 6, 7)
    rolling.tenant.freeze_report()
    rolling.tenant.switch_sspr(SsprScope.NONE, NOW)
    await looks(rolling)
    for hours in (1, 11):
        at = NOW + timedelta(hours=hours)
        await read_registrations(rolling.world, Clock(at))
        assert (await looks(rolling, after=at - NOW)).finding is SsprFinding.OFF
    await read_registrations(rolling.world, lambda: NOW + LAG)
    assert (await looks(rolling, after=LAG)).finding is SsprFinding.ON_FOR_GROUP


async def test_whoever_came_or_went_lately_is_on_neither_side(stage: Stage) -> None:
    await enrolled(stage, 6, 7)
    await stage.store(
        member(7, State.VISIBLE, since=NOW - LAG + EVERY),
        member(8, State.VISIBLE, since=NOW - LAG),
        member(9, State.VISIBLE, since=NOW, reason=Reason.SSPR_OFF),
        member(10, State.WITHDRAWN, since=NOW),
    )
    stage.tenant.join(SCOPE, *map(an_id, (7, 8, 9, 11)))
    stage.tenant.leave(SCOPE, an_id(1))
    await read_registrations(stage.world, lambda: NOW)
    shares = await stage.another().sspr_watch.shares()
    assert shares
    assert (shares.inside, shares.outside) == (EnabledCount(7, 7), EnabledCount(2, 0))


async def test_a_reading_in_parts_counts_everybody_once_and_at_most_every_hour(
    stage: Stage,
) -> None:
    await enrolled(stage, 6, 7)
    stage.tenant.page = 3
    for _ in range(5):
        assert await stage.another().sspr_watch.shares() is None
        await read_registrations(stage.world, lambda: NOW, timedelta())
    shares = await stage.another().sspr_watch.shares()
    assert shares
    assert (shares.inside, shares.outside) == (EnabledCount(6, 6), EnabledCount(7, 0))
    stage.turns.points.clear()
    for minutes in (30, 60):
        at = NOW + timedelta(minutes=minutes)
        await read_registrations(stage.world, Clock(at))
    assert stage.turns.points.count("directory.scope_member_ids") == 1


async def test_a_group_that_cannot_be_listed_costs_the_count_and_no_reading(stage: Stage) -> None:
    await enrolled(stage, 6, 7)
    stage.turns.fail("directory.scope_member_ids", DirectoryUnavailable("Graph answered 503"))
    await read_registrations(stage.world, lambda: NOW)
    assert await stage.another().sspr_watch.shares() is None
    assert await stage.another().readings.current() is None
    await read_registrations(stage.world, lambda: NOW)
    assert await stage.another().sspr_watch.shares()
