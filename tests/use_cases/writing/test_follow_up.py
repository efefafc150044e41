"""Whoever was written is looked for in Entra; whoever does not move is chased, then flagged."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.adapters.memory.ledger import MemoryLedger
from shared.contracts.messages.queues import DIRECTORY_COMMANDS, SCOPE_CHANGES
from shared.domain.errors import DirectoryUnavailable
from shared.domain.person.documented_methods import SMS_AND_VOICE_END
from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.sync_mode import SyncMode
from shared.domain.person.write_results import record
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult
from shared.use_cases.onboarding.override_person import exclude
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.follow_up import (
    LOOK_UP_ONE_BY_ONE,
    follow_up,
)
from shared.use_cases.writing.read_registrations import read_registrations
from shared.use_cases.writing.stop_and_start import start, stop
from tests.support.enrolments import DAY, HOUR, NOW, SCOPE, enrolment, provisional
from tests.support.stage import Stage, an_id, said, upn_of
from tests.support.waves import sight

MINUTE = timedelta(minutes=1)


def followed(number: int, state: State = State.APPLIED, **changes: Any) -> Enrolment:
    """A cloud user who reached the state just now."""
    known: dict[str, Any] = {
        "key": an_id(number),
        "user": UserRef(object_id=an_id(number), user_principal_name=upn_of(number)),
        "source_of_authority": SourceOfAuthority.CLOUD,
        "since": NOW,
    }
    provenance = changes.pop("provenance", Provenance.OURS)
    return enrolment(state, provenance, **(known | changes))


async def state_of(stage: Stage, number: int) -> State:
    return (await stage.person(number)).state


async def test_who_is_seen_in_the_group_is_visible_and_who_is_not_waits(stage: Stage) -> None:
    stage.arrive(1, SCOPE)
    stage.arrive(2)
    await stage.store(followed(1), followed(2))
    await follow_up(stage.world, NOW + MINUTE)
    assert await state_of(stage, 1) is State.VISIBLE
    assert await state_of(stage, 2) is State.APPLIED
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_whoever_is_in_ad_and_never_in_entra_is_taken_out_and_has_failed(
    stage: Stage,
) -> None:
    """Given somebody outside the sync's scope, when the deadline is over, then by a command."""
    applied = provisional(State.APPLIED, provenance=Provenance.OURS, deadline=NOW + HOUR, since=NOW)
    await stage.store(applied)
    await follow_up(stage.world, NOW + HOUR)
    await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, NOW + HOUR)
    (command,) = stage.broker.messages(DIRECTORY_COMMANDS)
    assert b'"action":"remove"' in command.body
    assert (await stage.person(applied.key)).reason is Reason.NOT_SYNCED


async def test_a_member_of_a_nested_group_is_one_of_the_scope(stage: Stage) -> None:
    stage.arrive(1, "synced-group", synced=True)
    stage.tenant.join(SCOPE, "synced-group")
    await stage.store(followed(1))
    await follow_up(stage.world, NOW)
    assert await state_of(stage, 1) is State.VISIBLE


async def test_what_graph_shows_late_is_visible_when_it_shows(stage: Stage) -> None:
    stage.tenant.listing_lag = 2
    stage.arrive(1)
    await stage.store(followed(1, State.REQUESTED))
    await follow_up(stage.world, NOW + stage.world.tenant_rules.written_within)
    await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, NOW)
    states: list[State] = []
    for minutes in range(3):
        await follow_up(stage.world, NOW + minutes * MINUTE)
        states.append(await state_of(stage, 1))
    assert states == [State.APPLIED, State.APPLIED, State.VISIBLE]


async def test_a_few_people_are_asked_for_by_name_and_many_by_listing_the_group(
    stage: Stage,
) -> None:
    await stage.store(*(followed(number) for number in range(LOOK_UP_ONE_BY_ONE)))
    await follow_up(stage.world, NOW)
    assert "directory.memberships" in stage.turns.points
    assert "directory.scope_member_ids" not in stage.turns.points
    stage.arrive(LOOK_UP_ONE_BY_ONE, SCOPE)
    await stage.store(followed(LOOK_UP_ONE_BY_ONE))
    stage.turns.points.clear()
    await follow_up(stage.world, NOW)
    assert "directory.memberships" not in stage.turns.points
    assert await state_of(stage, LOOK_UP_ONE_BY_ONE) is State.VISIBLE


async def test_where_nobody_is_on_the_way_entra_is_not_asked(stage: Stage) -> None:
    await stage.store(followed(1, State.REGISTERED))
    await follow_up(stage.world, NOW)
    assert "directory.memberships" not in stage.turns.points
    assert "rollouts.current" not in stage.turns.points


async def test_where_nobody_is_in_the_report_is_not_read(stage: Stage) -> None:
    await stage.store(followed(1, State.REQUESTED))
    await read_registrations(stage.world, lambda: NOW)
    assert "directory.registrations" not in stage.turns.points


async def test_who_does_not_show_is_written_again_twice_and_then_flagged(stage: Stage) -> None:
    stage.arrive(1)
    policy = stage.world.tenant_rules
    await stage.store(followed(1))
    now = NOW
    for reissues in range(1, policy.reissue_limit + 1):
        now += policy.visible_within_cloud
        await follow_up(stage.world, now)
        found = await stage.person(1)
        assert (found.state, found.reissues) == (State.REQUESTED, reissues)
        await stage.store(found.moved(State.APPLIED, Reason.ADDED, now))
    assert len(stage.broker.messages(SCOPE_CHANGES)) == policy.reissue_limit
    await follow_up(stage.world, now + policy.visible_within_cloud)
    found = await stage.person(1)
    assert (found.state, found.flag) == (State.APPLIED, Reason.NOT_VISIBLE)


@pytest.mark.parametrize(
    ("modes", "late_after"),
    [
        ((), 90 * MINUTE),
        ((None,), 90 * MINUTE),
        ((SyncMode.CONNECT,), 90 * MINUTE),
        ((SyncMode.NONE,), 90 * MINUTE),
        ((SyncMode.CLOUD,), 40 * MINUTE),
        ((SyncMode.CLOUD, SyncMode.CONNECT), 90 * MINUTE),
    ],
)
async def test_how_long_entra_may_take_to_show_it_is_the_slowest_syncs_to_say(
    stage: Stage, modes: tuple[SyncMode | None, ...], late_after: timedelta
) -> None:
    stage.arrive(1, synced=True)
    await stage.store(followed(1, source_of_authority=SourceOfAuthority.ON_PREMISES))
    replaced = sight(NOW - DAY, worker="replaced", sync_mode=SyncMode.CONNECT)
    at_work = [sight(NOW, worker=f"{n}", sync_mode=mode) for n, mode in enumerate(modes)]
    await stage.world.workers.sighted([replaced, *at_work] if at_work else [])
    await follow_up(stage.world, NOW + late_after - MINUTE)
    assert await state_of(stage, 1) is State.APPLIED
    await follow_up(stage.world, NOW + late_after)
    assert await state_of(stage, 1) is State.REQUESTED


async def test_a_write_that_nobody_answers_is_queued_again_ever_more_rarely(stage: Stage) -> None:
    await stage.store(followed(1, State.REQUESTED))
    policy = stage.world.tenant_rules
    await follow_up(stage.world, NOW + policy.written_within - MINUTE)
    assert stage.broker.messages(SCOPE_CHANGES) == ()
    await follow_up(stage.world, NOW + policy.written_within)
    await follow_up(stage.world, NOW + policy.written_within + MINUTE)
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1
    for hours in range(1, 4):
        await follow_up(stage.world, NOW + hours * HOUR)
    found = await stage.person(1)
    assert (found.reissues, found.flag) == (4, Reason.NOT_WRITTEN)
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 4


async def test_a_silent_worker_is_told_from_a_silent_app(stage: Stage) -> None:
    """Its commands go out each time, and nothing comes back."""
    await stage.store(
        followed(1, State.REQUESTED, source_of_authority=SourceOfAuthority.ON_PREMISES)
    )
    for hours in range(12):
        await follow_up(stage.world, NOW + hours * HOUR)
        await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, NOW + hours * HOUR)
    assert (await stage.person(1)).flag is Reason.WORKER_SILENT
    assert len(stage.broker.messages(DIRECTORY_COMMANDS)) > stage.world.tenant_rules.reissue_limit


async def test_whoever_has_arrived_in_entra_is_adopted_first(stage: Stage) -> None:
    key = f"upn:{upn_of(1)}"
    user = UserRef(user_principal_name=upn_of(1))
    await stage.store(followed(1, key=key, user=user))
    stage.arrive(1, SCOPE)
    await follow_up(stage.world, NOW)
    assert await state_of(stage, 1) is State.VISIBLE
    assert await stage.person(key) == await stage.person(1)


async def test_whoever_is_taken_out_while_they_are_looked_for_stays_out(stage: Stage) -> None:
    stage.arrive(1, SCOPE)
    await stage.store(followed(1))
    stage.turns.at(
        "directory.memberships",
        lambda: exclude("1", stage.another(), NOW, actor="ada", reason="because"),
    )
    await follow_up(stage.world, NOW)
    assert await state_of(stage, 1) is State.WITHDRAWING


async def test_two_timers_at_once_issue_a_write_again_once(stage: Stage) -> None:
    await stage.store(followed(1, State.REQUESTED))
    now = NOW + stage.world.tenant_rules.written_within
    stage.turns.at("ledger.amend commit", lambda: follow_up(stage.another(), now))
    await follow_up(stage.world, now)
    assert (await stage.person(1)).reissues == 1
    assert len(stage.broker.messages(SCOPE_CHANGES)) == 1


async def test_every_portion_has_its_turn(stage: Stage) -> None:
    """As where there are too many people for one."""
    ledger = MemoryLedger(stage.storage, people_at_once=5)
    for number in range(40):
        stage.arrive(number, SCOPE)
    await stage.store(*(followed(number) for number in range(40)))
    await follow_up(replace(stage.world, ledger=ledger), NOW)
    assert (await stage.world.ledger.totals()).by_state == {State.VISIBLE: 40}


async def test_an_outage_moves_nobody(stage: Stage) -> None:
    stage.arrive(1, SCOPE)
    await stage.store(followed(1))
    stage.turns.fail("directory.memberships", DirectoryUnavailable("away"))
    with pytest.raises(DirectoryUnavailable):
        await follow_up(stage.world, NOW)
    assert await state_of(stage, 1) is State.APPLIED


async def test_the_report_says_who_is_effective_and_registered_and_who_is_late(
    stage: Stage,
) -> None:
    for number in (1, 2, 3):
        stage.arrive(number, SCOPE)
    stage.arrive(4)
    stage.tenant.registered.add(an_id(2))
    await stage.store(
        followed(1, State.VISIBLE),
        followed(2, State.VISIBLE),
        followed(3, State.APPLIED),
        followed(4, State.VISIBLE),
    )
    await read_registrations(stage.world, lambda: NOW + stage.world.tenant_rules.effective_within)
    states = [await state_of(stage, number) for number in (1, 2, 3)]
    assert states == [State.EFFECTIVE, State.RESETTABLE, State.APPLIED]
    assert (await stage.person(4)).flag is Reason.NOT_EFFECTIVE
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_a_report_that_lags_says_so_until_it_does_not(stage: Stage) -> None:
    stage.arrive(1)
    stage.tenant.freeze_report()
    stage.tenant.join(SCOPE, an_id(1))
    await stage.store(followed(1, State.VISIBLE))
    await read_registrations(stage.world, lambda: NOW)
    assert await state_of(stage, 1) is State.VISIBLE
    stage.tenant.report = None
    await read_registrations(stage.world, lambda: NOW)
    assert await state_of(stage, 1) is State.EFFECTIVE


async def test_who_leaves_while_the_report_is_read_is_not_called_effective(stage: Stage) -> None:
    stage.arrive(1, SCOPE)
    await stage.store(followed(1, State.VISIBLE))
    stage.turns.at(
        "directory.registrations",
        lambda: exclude("1", stage.another(), NOW, actor="ada", reason="because"),
    )
    await read_registrations(stage.world, lambda: NOW)
    assert await state_of(stage, 1) is State.WITHDRAWING


async def test_who_is_written_again_while_the_report_is_read_waits_to_be_seen(
    stage: Stage,
) -> None:
    stage.arrive(1, SCOPE)
    visible = followed(1, State.VISIBLE)
    await stage.store(visible)
    again = visible.moved(State.APPLIED, Reason.ADDED, NOW)
    stage.turns.at("directory.registrations", partial(stage.store, again))
    await read_registrations(stage.world, lambda: NOW)
    assert await stage.person(1) == again


async def unconfirmed(stage: Stage, number: int) -> Enrolment:
    """Somebody of whose membership Entra knew nothing when it was to be removed."""
    await stage.store(followed(number, State.WITHDRAWING))
    answer = WriteResult(
        change=ScopeAction.REMOVE,
        outcome=WriteOutcome.ALREADY,
        reason=Reason.REMOVAL_UNCONFIRMED,
        user=UserRef(object_id=an_id(number)),
    )
    told = record(await stage.person(number), answer, stage.world.tenant_rules, NOW)
    await stage.store(told)
    return told


async def test_a_leaver_who_still_shows_is_taken_out_again_and_not_believed_gone(
    stage: Stage,
) -> None:
    """One replica knew of no membership to remove; the others do."""
    stage.arrive(1, SCOPE)
    await unconfirmed(stage, 1)
    for minutes in range(1, 6):
        await follow_up(stage.world, NOW + minutes * MINUTE)
    assert await state_of(stage, 1) is State.WITHDRAWING
    await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, NOW + 6 * MINUTE)
    assert stage.scope == set()
    stage.tenant.show_all()
    await follow_up(stage.world, NOW + HOUR)
    assert await state_of(stage, 1) is State.WITHDRAWN


def removal(outcome: WriteOutcome) -> WriteResult:
    return WriteResult(change=ScopeAction.REMOVE, outcome=outcome)


@pytest.mark.parametrize("source", SourceOfAuthority)
async def test_a_removal_is_the_end_once_entra_no_longer_shows_the_member(
    stage: Stage, source: SourceOfAuthority
) -> None:
    """Given a removal that was written, Entra may show it for long: until then nobody is out.

    It is asked for again when its time is over, and in the end somebody has to look.
    """
    rules = stage.world.tenant_rules
    stage.arrive(1, SCOPE)
    leaving = followed(1, State.WITHDRAWING, source_of_authority=source)
    await stage.store(record(leaving, removal(WriteOutcome.DONE), rules, NOW))
    now = NOW
    for _ in range(rules.reissue_limit + 1):
        now += rules.visible_within(source) - MINUTE
        await follow_up(stage.world, now)
        assert (await stage.person(1)).awaits_confirmation
        now += MINUTE + rules.longest_retry
        await follow_up(stage.world, now)
        again = await stage.person(1)
        assert again.awaits_write
        await stage.store(record(again, removal(WriteOutcome.ALREADY), rules, now))
    still = await stage.person(1)
    assert (still.state, still.flag) == (State.WITHDRAWING, Reason.STILL_A_MEMBER)
    stage.tenant.leave(SCOPE, an_id(1))
    await follow_up(stage.world, now + MINUTE)
    gone = await stage.person(1)
    assert (gone.state, gone.reason, gone.flag) == (State.WITHDRAWN, Reason.SEEN_GONE, None)


@pytest.mark.parametrize("started", [False, True])
async def test_while_nobody_can_be_late_what_entra_shows_is_noted_both_ways(
    stage: Stage, *, started: bool
) -> None:
    """Given a stop, or a start just now, then who shows is in and who is gone is out.

    Whoever is late is written again by nobody, and flagged by nobody.
    """
    rules, later = stage.world.tenant_rules, NOW + DAY
    for number, is_member in [(1, True), (2, False), (3, False), (4, True)]:
        stage.arrive(number, *[SCOPE] * is_member)
    leaving = followed(3, State.WITHDRAWING), followed(4, State.WITHDRAWING)
    await stage.store(
        followed(1),
        followed(2),
        *(record(one, removal(WriteOutcome.DONE), rules, NOW) for one in leaving),
    )
    before = {number: await stage.person(number) for number in (2, 4)}
    await stop(stage.world, later - MINUTE, actor="ada", reason="HR sent too many")
    if started:
        await start(stage.world, later, actor="ada", reason="cleared up")
    queued = len(stage.broker.messages(SCOPE_CHANGES))
    await follow_up(stage.world, later)
    assert [await state_of(stage, number) for number in (1, 3)] == [State.VISIBLE, State.WITHDRAWN]
    assert {number: await stage.person(number) for number in (2, 4)} == before
    assert len(stage.broker.messages(SCOPE_CHANGES)) == queued


async def test_a_leaver_whom_somebody_else_put_in_is_not_out_before_they_are(
    stage: Stage,
) -> None:
    """Given somebody who was there before, an exclusion writes nothing, and says so in time.

    They are out once somebody else has taken them out.
    """
    rules = stage.world.tenant_rules
    stage.arrive(1, SCOPE)
    await stage.store(followed(1, State.VISIBLE, provenance=Provenance.PREEXISTING))
    await exclude("1", stage.another(), NOW, actor="ada", reason="left")
    await follow_up(stage.world, NOW + MINUTE)
    kept = await stage.person(1)
    assert (kept.state, kept.reason) == (State.WITHDRAWING, Reason.MEMBERSHIP_NOT_OURS)
    later = NOW + rules.visible_within_synced + MINUTE
    await follow_up(stage.world, later)
    assert (await stage.person(1)).flag is Reason.MEMBERSHIP_NOT_OURS
    assert stage.broker.messages(SCOPE_CHANGES) == ()
    stage.tenant.leave(SCOPE, an_id(1))
    await follow_up(stage.world, later + MINUTE)
    assert await state_of(stage, 1) is State.WITHDRAWING
    later += rules.longest_retry
    await follow_up(stage.world, later)
    assert await state_of(stage, 1) is State.WITHDRAWING
    await follow_up(stage.world, later + rules.visible_within_cloud)
    assert await state_of(stage, 1) is State.WITHDRAWN


async def theirs(stage: Stage, number: int) -> None:
    """Somebody whom others put in and an operator wants out: nothing is written."""
    stage.arrive(number, SCOPE)
    await stage.store(followed(number, State.VISIBLE, provenance=Provenance.PREEXISTING))
    await exclude(f"{number}", stage.another(), NOW, actor="ada", reason="must not be in")


async def ours(stage: Stage, number: int) -> None:
    """Somebody whose removal is written and whom Entra still shows."""
    stage.arrive(number, SCOPE)
    removed = removal(WriteOutcome.DONE)
    leaving = followed(number, State.WITHDRAWING)
    await stage.store(record(leaving, removed, stage.world.tenant_rules, NOW))


OUTGOING = pytest.mark.parametrize("out", [theirs, ours, unconfirmed])


@OUTGOING
async def test_who_is_still_in_is_not_out_because_entra_did_not_know_them_once(
    stage: Stage, out: Callable[[Stage, int], Awaitable[object]]
) -> None:
    """Given looks that miss somebody now and then, they are in, and once they are out they are."""
    stage.arrive(1, SCOPE)
    await out(stage, 1)
    now = NOW
    for minute in range(200):
        now += MINUTE
        if minute % 17 == 0:
            stage.tenant.overlooked.add(an_id(1))
        await follow_up(stage.another(), now)
        assert await state_of(stage, 1) is State.WITHDRAWING
    stage.tenant.leave(SCOPE, an_id(1))
    for _ in range(2):
        await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.another(), now)
        now += stage.world.tenant_rules.longest_retry
        await follow_up(stage.another(), now)
    assert await state_of(stage, 1) is State.WITHDRAWN


@OUTGOING
async def test_whose_account_is_deleted_is_out_a_while_after_entra_first_did_not_know_them(
    stage: Stage, out: Callable[[Stage, int], Awaitable[object]]
) -> None:
    """And is asked about no more."""
    stage.arrive(1, SCOPE)
    await out(stage, 1)
    stage.tenant.remove(an_id(1))
    lasts = stage.world.tenant_rules.visible_within_cloud
    await follow_up(stage.another(), NOW + MINUTE)
    await follow_up(stage.another(), NOW + lasts)
    assert await state_of(stage, 1) is State.WITHDRAWING
    await follow_up(stage.another(), NOW + MINUTE + lasts)
    gone = await stage.person(1)
    assert (gone.state, gone.reason) == (State.WITHDRAWN, Reason.NOT_IN_ENTRA)
    stage.turns.points.clear()
    await follow_up(stage.world, NOW + DAY)
    assert "directory.memberships" not in stage.turns.points


async def test_an_empty_list_ends_a_membership_that_others_gave_only_if_it_lasts(
    stage: Stage,
) -> None:
    """Given a replica that lags, whom nobody here took out is believed gone at a second look."""
    await theirs(stage, 1)
    for minutes, is_member in enumerate([False, True, False, True], start=1):
        (stage.tenant.join if is_member else stage.tenant.leave)(SCOPE, an_id(1))
        await follow_up(stage.another(), NOW + minutes * HOUR)
        assert await state_of(stage, 1) is State.WITHDRAWING
    stage.tenant.leave(SCOPE, an_id(1))
    await follow_up(stage.another(), NOW + DAY)
    await follow_up(stage.another(), NOW + DAY + HOUR)
    gone = await stage.person(1)
    assert (gone.state, gone.reason) == (State.WITHDRAWN, Reason.SEEN_GONE)


async def test_an_operator_has_somebody_taken_out_whom_somebody_else_put_in(stage: Stage) -> None:
    """Given a leaver who is still in, or a member of whom nothing is known, --take-out ends it."""
    for number in (1, 2):
        stage.arrive(number, SCOPE)
    await stage.store(followed(1, State.VISIBLE, provenance=Provenance.PREEXISTING))
    await exclude("1", stage.another(), NOW, actor="ada", reason="left")
    for name in ("1", "2"):
        await exclude(name, stage.another(), NOW, actor="ada", reason="left", take_out=True)
    await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, NOW + MINUTE)
    assert stage.scope == set()
    stage.tenant.show_all()
    await follow_up(stage.world, NOW + HOUR)
    for number in (1, 2):
        assert await state_of(stage, number) is State.WITHDRAWN
        assert (await stage.person(number)).is_kept_out(NOW)


async def test_a_leaver_who_does_not_show_is_out_a_while_after_it_was_said(stage: Stage) -> None:
    stage.arrive(1)
    await unconfirmed(stage, 1)
    await follow_up(stage.world, NOW + MINUTE)
    assert await state_of(stage, 1) is State.WITHDRAWING
    await follow_up(stage.world, NOW + stage.world.tenant_rules.written_within)
    out = await stage.person(1)
    assert (out.state, out.reason) == (State.WITHDRAWN, Reason.NOT_A_MEMBER)
    assert stage.broker.messages(SCOPE_CHANGES) == ()


async def test_a_leaver_who_is_in_through_another_group_is_flagged_in_the_end(
    stage: Stage,
) -> None:
    stage.arrive(1, "nested")
    stage.tenant.join(SCOPE, "nested")
    await unconfirmed(stage, 1)
    for minutes in range(1, 120):
        now = NOW + minutes * MINUTE
        await follow_up(stage.world, now)
        await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, now)
    left = await stage.person(1)
    assert (left.state, left.flag) == (State.WITHDRAWING, Reason.STILL_A_MEMBER)


@pytest.mark.parametrize("call", ["directory.find_people", "directory.find_by_source_anchor"])
async def test_that_arrivals_cannot_be_looked_for_stops_nothing_else_and_is_said(
    stage: Stage, call: str
) -> None:
    anchor = {"source_anchor": "q83v"} if "anchor" in call else {}
    user = UserRef(user_principal_name=upn_of(2), **anchor)
    await stage.store(followed(1), followed(2, key=f"upn:{upn_of(2)}", user=user))
    stage.arrive(1, SCOPE)
    stage.turns.fail(call, DirectoryUnavailable("an unsupported query"))
    with pytest.raises(DirectoryUnavailable, match="unsupported"):
        await follow_up(stage.world, NOW)
    assert await state_of(stage, 1) is State.VISIBLE


async def test_a_registration_is_lost_when_the_report_says_so_however_late(
    stage: Stage, signals: list[EventDict]
) -> None:
    """Registered=False 70 days later changed nothing, once."""
    for number in (1, 2):
        stage.arrive(number, SCOPE)
        stage.tenant.registered.add(an_id(number))
    await stage.store(followed(1, State.VISIBLE), followed(2, State.VISIBLE))
    await read_registrations(stage.world, lambda: NOW)
    stage.tenant.registered.discard(an_id(1))
    await read_registrations(stage.world, lambda: NOW + 70 * DAY)
    lost = await stage.person(1)
    assert (lost.state, lost.reason) == (State.LOST, Reason.METHOD_RESET)
    assert await state_of(stage, 2) is State.RESETTABLE
    assert said(signals, "resets-lost") == [{"reason": Reason.METHOD_RESET, "people": 1}]
    await read_registrations(stage.world, lambda: NOW + 71 * DAY)
    assert len(said(signals, "resets-lost")) == 1


async def test_on_the_day_on_which_a_method_ends_who_holds_no_other_is_lost(stage: Stage) -> None:
    stage.arrive(1, SCOPE)
    stage.tenant.registered.add(an_id(1))
    stage.tenant.methods[an_id(1)] = frozenset({"mobilePhone", "passKeySynced"})
    await stage.store(followed(1, State.VISIBLE))
    end = NOW.replace(year=SMS_AND_VOICE_END.year, month=SMS_AND_VOICE_END.month, day=1)
    await read_registrations(stage.world, lambda: end - DAY)
    assert await state_of(stage, 1) is State.RESETTABLE
    await read_registrations(stage.world, lambda: end)
    lost = await stage.person(1)
    assert (lost.state, lost.reason) == (State.LOST, Reason.METHOD_ENDED)


async def test_only_those_of_whom_the_report_says_something_new_are_loaded(stage: Stage) -> None:
    stage.arrive(1, SCOPE)
    stage.tenant.registered.add(an_id(1))
    await stage.store(followed(1, State.VISIBLE))
    await read_registrations(stage.world, lambda: NOW)
    stage.turns.points.clear()
    await read_registrations(stage.world, lambda: NOW + DAY)
    assert "ledger.amend" not in stage.turns.points
