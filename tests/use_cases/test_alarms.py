"""Each alarm comes in its situation, by the signals of the real use cases, and on no quiet day."""

import hmac
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import azure.functions as func
import pytest

from shared.adapters.hr.sources import rhythms_of
from shared.adapters.memory.tenant import Group
from shared.contracts.messages import queues
from shared.contracts.messages.directory_result import SyncReport, SyncState
from shared.contracts.messages.ending_report import EndingReport
from shared.contracts.messages.onboarding_event import ONBOARDED, Envelope
from shared.contracts.messages.worker_report import WorkerReport
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.brake import Brake, Brakes, Rate
from shared.domain.person.enrolment import Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.scope_group import ScopeGroup
from shared.domain.rollout.document import DriftAction, Limit
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.sspr_policy import SsprScope
from shared.domain.rollout.state import Phase
from shared.ports.senders import Senders
from shared.ports.unread import UnreadMessage
from shared.use_cases.message import Message
from shared.use_cases.onboarding.accept_hr import Door, Sent, accept_hr
from shared.use_cases.onboarding.return_unread import return_unread
from shared.use_cases.onboarding.take_events import take_events
from shared.use_cases.rollout.reconcile import reconcile
from shared.use_cases.rollout.watch_accounts import watch_accounts
from shared.use_cases.rollout.watch_conditions import watch_conditions
from shared.use_cases.rollout.watch_dead_letters import watch_dead_letters
from shared.use_cases.rollout.watch_endings import watch_endings
from shared.use_cases.rollout.watch_scope import watch_scope
from shared.use_cases.rollout.watch_sspr import watch_sspr
from shared.use_cases.tick import tick
from shared.use_cases.timers import run_timer
from shared.use_cases.try_alarm import try_alarm
from shared.use_cases.writing.follow_up import follow_up
from shared.use_cases.writing.read_registrations import read_registrations
from shared.use_cases.writing.record_results import record_results
from shared.use_cases.writing.stop_and_start import stop
from tests.support.alarm_proofs import BY_HAND
from tests.support.course import (
    Clock,
    advance,
    gated,
    ids,
    member,
    ring,
    rollout_of,
    set_up,
    standing,
    ungated,
    write_all,
)
from tests.support.doors import Doors
from tests.support.enrolments import NOW, SCOPE
from tests.support.hr_sources import hr_source
from tests.support.infra.monitoring import RULES
from tests.support.registered_app import ENVIRONMENT, load
from tests.support.stage import Stage, a_stage, an_id, from_door, messages, upn_of
from tests.support.waves import DAY, HOUR, MINUTE, SOAK, document, sight, wave
from tests.support.workspace import Workspace

DONE = standing(document(ungated("pilot", 1, 2, 3)), Phase.COMPLETED, 1)
SID, TWIN = "S-1-5-21-1-2-3-1104", "7e117e11-0000-4000-8000-000000000000"
WORKDAY_SECRET = b"a secret of the sender and of ours"
type Situation = Callable[[Stage, Workspace], Awaitable[datetime]]


async def repeat(
    logs: Workspace, work: Callable[[datetime], Awaitable[object]], times: int, every: timedelta
) -> datetime:
    """Has it done so many times; answers with the time of the last."""
    at = NOW
    for number in range(times):
        at = NOW + number * every
        with logs.at(at):
            await work(at)
    return at


def report(at: datetime, **sync: object) -> Message:
    state = sync.pop("state", SyncState.SUCCEEDED)
    said = SyncReport.model_validate({"state": state, "ended_at": at, **sync})
    return Message(
        WorkerReport(worker="w1", reported_at=at, directory_answers=True, sync=said).text()
    )


async def a_gate_fails(stage: Stage, logs: Workspace) -> datetime:
    of = document(gated("pilot", 1, 2), ungated("early", 3))
    await set_up(stage, standing(of, Phase.SOAKING, 1), 3)
    await stage.store(member(1, State.VISIBLE), member(2, State.FAILED))
    with logs.at(NOW + SOAK):
        await advance(stage, Clock(NOW + SOAK))
    assert (await rollout_of(stage)).phase is Phase.PAUSED
    return NOW + SOAK


async def everything_stops(stage: Stage, logs: Workspace) -> datetime:
    with logs.at(NOW):
        await stop(stage.world, NOW, actor="ada", reason="hold on")
    return NOW


async def ad_is_silent(stage: Stage, logs: Workspace) -> datetime:
    backlog = wave("pilot", *(GATES[one].gate() for one in ("workerAlive", "backlog")))
    await set_up(stage, standing(document(backlog), Phase.COMPLETED, 1), 1)
    await nobody_answers(stage, 1)
    await stage.world.workers.sighted([sight(NOW + HOUR, directory_answers=False)])
    return await repeat(logs, lambda at: watch_conditions(stage.world, at), 3, 5 * MINUTE)


async def resets_fail(stage: Stage, logs: Workspace) -> datetime:
    stage.arrive(1)
    resets = wave("pilot", GATES["writebackFailures"].gate(), selection=ring(1))
    await set_up(stage, standing(document(resets), Phase.COMPLETED, 1), 3)
    await stage.store(member(1, State.RESETTABLE))
    await watch_conditions(stage.world, NOW - HOUR)
    stage.tenant.resets += [
        Reset(NOW - number * MINUTE, an_id(1), ResetOutcome.WRITEBACK_FAILED) for number in range(6)
    ]
    return await repeat(logs, lambda at: watch_conditions(stage.world, at), 2, 5 * MINUTE)


async def emptied(stage: Stage, limit: Limit, people: int) -> None:
    """Somebody has taken all of them out of the group."""
    of = replace(
        document(ungated("pilot", *range(1, people + 1))),
        on_removed_by_hand=DriftAction.REPAIR,
        removals=limit,
    )
    await set_up(stage, standing(of, Phase.COMPLETED, 1), people)
    await stage.store(*(member(number, State.VISIBLE) for number in range(1, people + 1)))


async def a_group_is_emptied(stage: Stage, logs: Workspace) -> datetime:
    await emptied(stage, Limit(0.05), 30)
    with logs.at(NOW):
        await reconcile(stage.world, Clock(NOW))
    return NOW


async def a_worker_falls_silent(stage: Stage, logs: Workspace) -> datetime:
    with logs.at(NOW - MINUTE):
        await record_results([report(NOW - MINUTE)], stage.world, NOW)
    return await ticks(stage, logs, 40)


async def ticks(stage: Stage, logs: Workspace, minutes: int) -> datetime:
    async def one(at: datetime) -> None:
        await run_timer("clock_timer", tick(stage.world, Clock(at)))

    return await repeat(logs, one, minutes, MINUTE)


async def the_app_falls_silent(stage: Stage, logs: Workspace) -> datetime:
    with logs.at(NOW - MINUTE):
        await record_results([report(NOW - MINUTE)], stage.world, NOW)
    return await ticks(stage, logs, 5) + 31 * MINUTE


async def a_reconciliation_fails(stage: Stage, logs: Workspace) -> datetime:
    await set_up(stage, DONE, 3)

    async def fail(at: datetime) -> None:
        await run_timer("clock_timer", follow_up(stage.world, at))
        await run_timer("registration_timer", read_registrations(stage.world, Clock(at)))
        stage.turns.fail("directory.everybody", DirectoryUnavailable("Graph is away"))
        with suppress(DirectoryUnavailable):
            await run_timer("reconcile_timer", reconcile(stage.world, Clock(at)))

    return await repeat(logs, fail, 12, 15 * MINUTE)


async def the_set_up_is_wrong(_: Stage, logs: Workspace) -> datetime:
    settings = {name: value for name, value in ENVIRONMENT.items() if "GROUP" not in name}
    with pytest.MonkeyPatch.context() as process, logs.at(NOW):
        load(process, settings)
    return NOW


async def bodies_cannot_be_handed_on(stage: Stage, logs: Workspace) -> datetime:
    async def again(at: datetime) -> None:
        unread = UnreadMessage(value='{"employeeId": "1"}', envelope=Envelope(1, at))
        stage.broker.set_aside(queues.ONBOARDING_EVENTS, unread)
        await return_unread(stage.world, at)

    return await repeat(logs, again, 5, MINUTE)


async def an_event_is_broken(stage: Stage, logs: Workspace) -> datetime:
    with logs.at(NOW):
        await take_events(messages({"employeeID": "1"}), stage.world, NOW)
    return NOW


async def a_message_dies(stage: Stage, logs: Workspace) -> datetime:
    await watch_conditions(stage.world, NOW)
    stage.broker.dead_letter(queues.SCOPE_CHANGES, b"{}", reason="TTLExpiredException", at=NOW)
    with logs.at(NOW):
        await watch_dead_letters(stage.world, NOW)
    return NOW


async def a_clock_is_wrong(stage: Stage, logs: Workspace) -> datetime:
    """A sender signs with its own secret, and by a clock that is hours behind."""
    signed_at = str(int((datetime.now(UTC) - 5 * HOUR).timestamp()))
    with logs.at(NOW):
        assert await knock(stage, signed_at, WORKDAY_SECRET) == 401
    return NOW


async def knock(stage: Stage, signed_at: str, secret: bytes) -> int:
    """Sends in the name of the source `workday`; answers with the status."""
    source = hr_source(
        {"employeeId": "number"},
        name="workday",
        authentication="hmac",
        hmac={
            "secret": "WORKDAY",
            "header": "x-signature",
            "signed": "{timestamp}{body}",
            "timestampHeader": "x-time",
        },
    )
    senders = Senders(sources={source.name: source}, secrets={"workday": WORKDAY_SECRET})
    body = b'{"number": "1"}'
    signature = hmac.new(secret, signed_at.encode() + body, sha256).hexdigest()
    request = func.HttpRequest(
        "POST",
        "https://app/api/hooks/workday",
        headers={"x-signature": signature, "x-time": signed_at},
        route_params={"source": "workday"},
        body=body,
    )
    status: int = (await Doors(stage, senders).ask("take_hook", request)).status_code
    return status


async def a_source_sends_everybody(stage: Stage, logs: Workspace) -> datetime:
    for number in range(1, 5):
        stage.arrive(number)
    brakes = Brakes({"report": Brake(Rate(1), Rate(1))})
    events = [
        {
            "specversion": "1.0",
            "id": str(number),
            "source": "hr/report",
            "type": ONBOARDED,
            "data": {"employeeId": str(number)},
        }
        for number in range(1, 5)
    ]
    with logs.at(NOW):
        await take_events(
            messages(*map(from_door, events)), replace(stage.world, brakes=brakes), NOW
        )
    return NOW


async def many_would_be_taken_out(stage: Stage, logs: Workspace) -> datetime:
    of = replace(document(ungated("pilot", *range(1, 31))), removals=Limit(0.05))
    await set_up(stage, standing(of, Phase.COMPLETED, 1), 0)
    for number in range(1, 31):
        stage.arrive(number, SCOPE, enabled=False)
    await stage.store(*(member(number, State.VISIBLE) for number in range(1, 31)))
    with logs.at(NOW):
        await reconcile(stage.world, Clock(NOW))
    return NOW


async def the_group_and_people_are_converted(stage: Stage, logs: Workspace) -> datetime:
    await set_up(stage, DONE, 3)
    synced = SourceOfAuthority.ON_PREMISES
    for number in (1, 2, 3):
        stage.arrive(number, synced=True)
        await stage.store(member(number, State.VISIBLE, source_of_authority=synced))
    await watch_accounts(stage.world, NOW)
    for number in (1, 2):
        stage.arrive(number, synced=False)
    await stage.world.workers.sighted([sight(NOW, scope_group_sid=SID)])
    stage.tenant.groups[TWIN] = Group(kind=ScopeGroup(), sid=SID)
    stage.tenant.join(SCOPE, TWIN)
    await watch_scope(stage.world, NOW + HOUR - MINUTE)
    with logs.at(NOW + HOUR):
        await watch_scope(stage.world, NOW + HOUR)
        await watch_accounts(stage.world, NOW + HOUR)
    return NOW + HOUR


async def sspr_is_switched_off(stage: Stage, logs: Workspace) -> datetime:
    await set_up(stage, DONE, 3)
    stage.tenant.switch_sspr(SsprScope.NONE, NOW)
    with logs.at(NOW + 5 * MINUTE):
        await watch_sspr(stage.world, NOW + 5 * MINUTE)
    return NOW + 5 * MINUTE


async def methods_are_reset(stage: Stage, logs: Workspace) -> datetime:
    for number in range(1, 26):
        stage.arrive(number, SCOPE)
        stage.tenant.registered.add(an_id(number))
    await stage.store(*(member(number, State.VISIBLE) for number in range(1, 26)))
    await read_registrations(stage.world, Clock(NOW - HOUR))
    stage.tenant.registered.clear()
    with logs.at(NOW):
        await read_registrations(stage.world, Clock(NOW))
    return NOW


async def syncs_fail(stage: Stage, logs: Workspace) -> datetime:
    async def fail(at: datetime) -> None:
        failed = report(at, state=SyncState.FAILED, problem="export-failed")
        await record_results([failed], stage.world, at)

    return await repeat(logs, fail, 4, 30 * MINUTE)


async def commands_are_not_answered(stage: Stage, logs: Workspace) -> datetime:
    with logs.at(NOW):
        await nobody_answers(stage, 1, 2, 3)
    return NOW


async def nobody_answers(stage: Stage, *numbers: int) -> None:
    """Commands for these people were issued again and again, and it is looked after them."""
    synced = {"source_of_authority": SourceOfAuthority.ON_PREMISES, "command_key": "c"}
    for number in numbers:
        stage.arrive(number, synced=True)
        user = UserRef(object_id=an_id(number), source_anchor=f"anchor-{number}==")
        await stage.store(
            member(number, State.REQUESTED, user=user, since=NOW - 9 * DAY, reissues=9, **synced)
        )
    await follow_up(stage.world, NOW)


async def a_certificate_ends(stage: Stage, logs: Workspace, days: int) -> datetime:
    ends = EndingReport(what="directory-certificate", of="dc1", ends_at=NOW + days * DAY)
    said = SyncReport(state=SyncState.NOT_NEEDED)
    life = WorkerReport(
        worker="w1", reported_at=NOW, directory_answers=True, sync=said, endings=(ends,)
    )
    await record_results([Message(life.text())], stage.world, NOW)
    await watch_conditions(stage.world, NOW)
    with logs.at(NOW):
        await watch_endings(stage.world, NOW)
    return NOW


async def a_certificate_ends_within_a_month(stage: Stage, logs: Workspace) -> datetime:
    return await a_certificate_ends(stage, logs, 20)


async def a_certificate_ends_within_a_week(stage: Stage, logs: Workspace) -> datetime:
    return await a_certificate_ends(stage, logs, 3)


async def somebody_tries_an_alarm(stage: Stage, logs: Workspace) -> datetime:
    with logs.at(NOW):
        await try_alarm("worker-silent", stage.world, NOW, actor="ada", reason="the rehearsal")
    return NOW


async def a_source_falls_silent(stage: Stage, logs: Workspace) -> datetime:
    """Its key is good, it has sent once, and then not for longer than its file allows."""
    source = hr_source(mapping={"employeeId": "number"}, name="workday", silentAfter="1h")
    world = replace(stage.world, rhythms=rhythms_of([source]))
    senders = Senders(sources={source.name: source})
    sent = Sent(door=Door.KEY, source="workday", body=b'{"number": "1"}', notes={})
    await accept_hr(sent, senders, world, NOW)

    async def look(at: datetime) -> None:
        await tick(world, Clock(at))

    return await repeat(logs, look, 24, 5 * MINUTE)


async def people_do_not_come_to_be_seen(stage: Stage, logs: Workspace) -> datetime:
    for number in range(1, 6):
        stage.arrive(number)
        await stage.store(member(number, State.APPLIED, since=NOW - DAY, reissues=9))
    with logs.at(NOW):
        await follow_up(stage.world, NOW)
    assert (await stage.person(1)).flag is Reason.NOT_VISIBLE
    return NOW


SITUATIONS: dict[str, Situation] = {
    "rollout-paused": a_gate_fails,
    "gate-failed": a_gate_fails,
    "writing-stopped": everything_stops,
    "condition-failed": ad_is_silent,
    "writeback-failures": resets_fail,
    "drift-held": a_group_is_emptied,
    "drift-found": a_group_is_emptied,
    "worker-silent": a_worker_falls_silent,
    "app-silent": the_app_falls_silent,
    "timer-overdue": a_reconciliation_fails,
    "app-misconfigured": the_set_up_is_wrong,
    "work-postponed": bodies_cannot_be_handed_on,
    "messages-refused": an_event_is_broken,
    "dead-letter-found": a_message_dies,
    "sender-refused": a_clock_is_wrong,
    "source-silent": a_source_falls_silent,
    "events-held": a_source_sends_everybody,
    "plan-unsafe": many_would_be_taken_out,
    "scope-changed": the_group_and_people_are_converted,
    "sspr-scope-wrong": sspr_is_switched_off,
    "resets-lost": methods_are_reset,
    "delta-sync-problem": syncs_fail,
    "command-unanswered": commands_are_not_answered,
    "person-flagged": people_do_not_come_to_be_seen,
    "alarm-test": somebody_tries_an_alarm,
    "ending-soon": a_certificate_ends_within_a_month,
    "ending-urgent": a_certificate_ends_within_a_week,
}


def test_every_rule_has_its_situation() -> None:
    assert SITUATIONS.keys() == RULES.keys() - BY_HAND.keys()


@pytest.mark.parametrize("name", sorted(SITUATIONS))
async def test_an_alarm_comes_in_its_situation_with_every_column(name: str) -> None:
    stage, logs = a_stage(), Workspace()
    now = await SITUATIONS[name](stage, logs)
    assert logs.alarms(name, now)
    assert logs.unfilled(name, now) == set()


async def a_hire_comes(stage: Stage, at: datetime) -> None:
    await take_events(messages({"userPrincipalName": upn_of(4)}), stage.world, at)


async def a_leaver_goes(stage: Stage, at: datetime) -> None:
    leaver = {"userPrincipalName": upn_of(3), "action": "offboard"}
    await take_events(messages(leaver), stage.world, at)


async def a_password_is_reset(stage: Stage, at: datetime) -> None:
    stage.tenant.resets.append(Reset(at, an_id(1), ResetOutcome.SUCCEEDED))


async def a_stranger_knocks(stage: Stage, at: datetime) -> None:
    await knock(stage, str(int(at.timestamp())), b"a guess")


QUIET_DAY = {
    120: (a_hire_comes, a_password_is_reset),
    300: (a_leaver_goes,),
    615: (a_stranger_knocks, a_password_is_reset),
}
"""What happens on it, by the minute."""


async def test_none_comes_on_a_quiet_day() -> None:
    """A day after the end of a rollout: a worker and its syncs, a hire, a leaver, a stranger."""
    stage, logs = a_stage(), Workspace()
    gates = [kind.gate() for kind in GATES.values() if kind.watch]
    of = document(wave("pilot", *gates, selection=ring(1, 2, 3)))
    await set_up(stage, standing(of, Phase.COMPLETED, 1), 6)
    await stage.store(*(member(number, State.VISIBLE) for number in (1, 2, 3)))
    for number in (1, 2, 3):
        stage.tenant.join(SCOPE, an_id(number))
    for minute in range(0, 24 * 60, 15):
        at = NOW + minute * MINUTE
        with logs.at(at):
            for happens in QUIET_DAY.get(minute, ()):
                await happens(stage, at)
            await write_all(stage, at)
            await record_results([report(at)], stage.world, at)
            await run_timer("clock_timer", tick(stage.world, Clock(at)))
            await run_timer("registration_timer", read_registrations(stage.world, Clock(at)))
            if minute % 30 == 0:
                await run_timer("reconcile_timer", reconcile(stage.world, Clock(at)))
        if minute % 60 == 0:
            assert {name: logs.alarms(name, at) for name in RULES} == {name: [] for name in RULES}
    assert [(await stage.person(number)).state.is_in_scope for number in (3, 4)] == [False, True]


async def test_an_app_that_is_silent_is_not_told_as_a_worker_that_is() -> None:
    logs = Workspace()
    now = await the_app_falls_silent(a_stage(), logs)
    assert logs.alarms("app-silent", now)
    assert logs.alarms("worker-silent", now) == []
    assert logs.alarms("timer-overdue", now + 3 * HOUR) == []


async def test_a_worker_that_is_silent_is_told_while_the_app_is_well() -> None:
    logs = Workspace()
    now = await a_worker_falls_silent(a_stage(), logs)
    assert logs.alarms("app-silent", now) == []


async def test_a_timer_is_not_overdue_where_the_app_has_only_begun() -> None:
    stage, logs = a_stage(), Workspace()
    assert logs.alarms("timer-overdue", await ticks(stage, logs, 20)) == []


async def test_people_who_were_there_before_and_are_gone_are_told() -> None:
    """So is nobody who is still there."""
    for gone in (19, 20):
        stage, logs = a_stage(), Workspace()
        await set_up(stage, DONE, 30)
        for number in range(4, 31):
            there = member(number, State.VISIBLE, claims=(), provenance=Provenance.PREEXISTING)
            await stage.store(there)
            stage.tenant.join(SCOPE, an_id(number))
        stage.tenant.leave(SCOPE, *ids(range(4, 4 + gone)))
        with logs.at(NOW):
            await reconcile(stage.world, Clock(NOW))
        assert bool(logs.alarms("drift-found", NOW)) is (gone == 20)


async def test_a_second_dead_letter_is_told_though_the_first_still_lies_there() -> None:
    stage, logs = a_stage(), Workspace()
    await a_message_dies(stage, logs)
    later = NOW + HOUR
    stage.broker.dead_letter(queues.SCOPE_CHANGES, b"{}", reason="TTLExpiredException", at=later)
    for at, letters in ((later, [1]), (later + HOUR, [])):
        with logs.at(at):
            await watch_dead_letters(stage.world, at)
        assert [row["letters"] for row in logs.answer("dead-letter-found", at).rows] == letters


async def test_who_proves_nothing_rings_no_alarm() -> None:
    """Anybody on the internet can send a wrong signature in a source's name."""
    logs = Workspace()
    signed_at = str(int(datetime.now(UTC).timestamp()))
    with logs.at(NOW):
        assert await knock(a_stage(), signed_at, b"a guess") == 401
    assert logs.unfilled("sender-refused", NOW)
    assert logs.alarms("sender-refused", NOW) == []


@pytest.mark.parametrize(("code", "alarms"), [("500", 1), ("401", 0)])
def test_a_function_fails_by_its_errors_and_by_nobody_s_knocking(code: str, alarms: int) -> None:
    logs = Workspace()
    for _ in range(5):
        logs.put("AppRequests", NOW, Name="take_hook", Success=False, ResultCode=code)
    assert len(logs.alarms("function-failures", NOW)) == alarms


def test_that_the_workspace_is_full_is_told() -> None:
    logs = Workspace()
    row = {"Category": "Ingestion", "Operation": "Data collection stopped"}
    logs.put("_LogOperation", NOW, Detail="OverQuota reached", **row)
    assert logs.alarms("logs-capped", NOW)


def test_a_line_of_another_app_is_nobody_s_alarm() -> None:
    logs = Workspace()
    line = json.dumps({"event": "app-misconfigured", "problem": "x"})
    logs.put("AppTraces", NOW, Message=line, _ResourceId="/another")
    assert logs.alarms("app-misconfigured", NOW) == []


async def test_a_test_raises_the_one_alarm_alone_and_carries_the_name_that_was_asked_for() -> None:
    logs = Workspace()
    now = await somebody_tries_an_alarm(a_stage(), logs)
    raised = {name for name in RULES if name != "app-silent" and logs.alarms(name, now)}
    assert raised == {"alarm-test"}
    assert logs.alarms("alarm-test", now) == [{"alarm": "worker-silent"}]
