"""Memberships are written: cloud users by Graph, synced ones by a command; each once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from structlog.typing import EventDict

from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_result import (
    DirectoryResult,
    MemberResult,
    SyncReport,
    SyncState,
)
from shared.contracts.messages.queues import DIRECTORY_COMMANDS, SCOPE_CHANGES
from shared.contracts.messages.scope_change import ScopeChange
from shared.domain.errors import DirectoryUnavailable, LedgerConflict
from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority, Topology
from shared.domain.person.reasons import Reason
from shared.domain.person.scope_group import ScopeGroup
from shared.domain.person.writes import ScopeAction, WriteOutcome
from shared.use_cases.message import Message
from shared.use_cases.onboarding.override_person import exclude
from shared.use_cases.writing.apply_scope_changes import apply_scope_changes
from shared.use_cases.writing.follow_up import follow_up
from shared.use_cases.writing.record_results import record_results
from tests.support.enrolments import HOUR, NOW, enrolment
from tests.support.stage import Stage, a_stage, an_id, said, upn_of

MINUTE = timedelta(minutes=1)


def owed(number: int, state: State = State.REQUESTED, **changes: Any) -> Enrolment:
    """A cloud user whose membership is to be written."""
    known: dict[str, Any] = {
        "key": an_id(number),
        "user": UserRef(object_id=an_id(number), user_principal_name=upn_of(number)),
        "source_of_authority": SourceOfAuthority.CLOUD,
    }
    return enrolment(state, Provenance.OURS, **(known | changes))


def synced(number: int, state: State = State.REQUESTED, **changes: Any) -> Enrolment:
    """A synced user of whom nobody knows yet whether they are in the group."""
    user = UserRef(object_id=an_id(number), source_anchor=f"anchor-{number}==", sid="S-1-5")
    known: dict[str, Any] = {
        "user": user,
        "source_of_authority": SourceOfAuthority.ON_PREMISES,
        "provenance": Provenance.UNKNOWN,
    }
    return replace(owed(number, state), **(known | changes))


def change(*numbers: int, key: str = "change-1") -> Message:
    keys = tuple(an_id(number) for number in numbers)
    return Message(ScopeChange(change_key=key, person_keys=keys).text())


def commands(stage: Stage) -> Sequence[DirectoryCommand]:
    return [DirectoryCommand.read(one.body) for one in stage.broker.messages(DIRECTORY_COMMANDS)]


async def test_cloud_users_are_put_in_and_taken_out(stage: Stage) -> None:
    for number in (1, 2, 3):
        stage.arrive(number)
    stage.tenant.join(stage.world.tenant_rules.scope_group_id, an_id(2))
    await stage.store(owed(1), owed(2, State.WITHDRAWING), owed(3, State.EFFECTIVE))
    await apply_scope_changes([change(1, 2, 3, 4)], stage.world, NOW)
    assert stage.scope == {an_id(1)}
    found = [await stage.person(number) for number in (1, 2, 3)]
    assert [one.state for one in found] == [State.APPLIED, State.WITHDRAWING, State.EFFECTIVE]
    assert (found[0].reason, found[1].steps[-1].reason) == (Reason.ADDED, Reason.REMOVED)
    assert (found[1].awaits_write, found[1].awaits_confirmation) == (False, True)
    assert commands(stage) == []


async def test_synced_users_are_the_workers_one_command_for_each_way(stage: Stage) -> None:
    await stage.store(synced(1), synced(2, State.WITHDRAWING), synced(3))
    await apply_scope_changes([change(1, 2, 3)], stage.world, NOW)
    by_action = {one.action: one for one in commands(stage)}
    adding, removing = by_action[ScopeAction.ADD], by_action[ScopeAction.REMOVE]
    assert [one.key for one in adding.members] == [an_id(1), an_id(3)]
    assert [one.source_anchor for one in removing.members] == ["anchor-2=="]
    assert adding.members[0].user_principal_name is None
    assert (adding.issued_at, adding.expires_at) == (NOW, NOW + stage.world.limits.command_lifetime)
    found = await stage.person(1)
    assert found.command_key == adding.command_key
    assert found.steps[-1].reason is Reason.COMMAND_ISSUED


async def test_somebody_known_by_a_name_alone_is_sent_by_it(stage: Stage) -> None:
    user = UserRef(user_principal_name=upn_of(1), employee_id="1")
    await stage.store(synced(1, key=f"upn:{upn_of(1)}", user=user))
    body = ScopeChange(change_key="c", person_keys=(f"upn:{upn_of(1)}",)).text()
    await apply_scope_changes([Message(body)], stage.world, NOW)
    ((member,),) = (one.members for one in commands(stage))
    assert (member.user_principal_name, member.employee_id) == (upn_of(1), "1")


async def test_the_same_message_again_writes_nobody_anew_and_sends_the_same_command(
    stage: Stage,
) -> None:
    stage.arrive(1)
    await stage.store(owed(1), synced(2))
    for _ in range(2):
        await apply_scope_changes([change(1, 2)], stage.world, NOW)
    assert stage.turns.points.count("cloud_scope.add chunk") == 1
    assert len(commands(stage)) == 1
    assert [step.reason for step in (await stage.person(2)).steps] == [Reason.COMMAND_ISSUED]


async def test_another_message_does_not_command_again_whom_a_command_is_out_for(
    stage: Stage,
) -> None:
    await stage.store(synced(1))
    await apply_scope_changes([change(1)], stage.world, NOW)
    await apply_scope_changes([change(1, key="change-2")], stage.world, NOW)
    assert len(commands(stage)) == 1


async def test_a_crash_between_marking_and_sending_is_made_good_by_the_next_delivery(
    stage: Stage,
) -> None:
    await stage.store(synced(1))
    stage.turns.fail("outbox.send_commands", ConnectionError("the process has ended"))
    with pytest.raises(ConnectionError):
        await apply_scope_changes([change(1)], stage.world, NOW)
    assert commands(stage) == []
    marked = (await stage.person(1)).command_key
    await apply_scope_changes([change(1)], stage.world, NOW + MINUTE)
    assert [one.command_key for one in commands(stage)] == [marked]


async def test_whoever_is_in_by_another_way_while_they_are_marked_is_not_marked(
    stage: Stage,
) -> None:
    """The follow-up has found them; a command that is out would keep them from being taken out."""
    await stage.store(synced(1))
    found = synced(1).moved(State.APPLIED, Reason.ALREADY_MEMBER, NOW)
    stage.turns.at("ledger.amend read", partial(stage.store, found))
    await apply_scope_changes([change(1)], stage.world, NOW)
    assert await stage.person(1) == found


async def test_the_result_may_arrive_before_whoever_sent_the_command_has_gone_on(
    stage: Stage,
) -> None:
    """The worker is quicker than the answer of the broker; what it says is of that command."""
    await stage.store(synced(1))

    async def answer() -> None:
        (command,) = commands(stage)
        result = DirectoryResult(
            command_key=command.command_key,
            action=command.action,
            members=(MemberResult(key=an_id(1), outcome=WriteOutcome.DONE),),
            sync=SyncReport(state=SyncState.PENDING),
            worker="w",
            answered_at=NOW,
        )
        await record_results([Message(result.text())], stage.another(), NOW)

    stage.turns.at("outbox.send_commands done", answer)
    await apply_scope_changes([change(1)], stage.world, NOW)
    found = await stage.person(1)
    assert (found.state, found.provenance) == (State.APPLIED, Provenance.OURS)


async def test_whoever_is_taken_out_while_graph_adds_them_is_out_in_the_end(stage: Stage) -> None:
    """Put in by a write that was under way, and so owed to be taken out again."""
    stage.arrive(1)
    await stage.store(owed(1))
    stage.turns.at(
        "cloud_scope.add chunk",
        lambda: exclude("1", stage.another(), NOW, actor="ada", reason="because"),
    )
    await apply_scope_changes([change(1)], stage.world, NOW)
    assert (await stage.person(1)).state is State.WITHDRAWING
    await apply_scope_changes(stage.deliver(SCOPE_CHANGES), stage.world, NOW)
    assert stage.scope == frozenset()
    assert (await stage.person(1)).awaits_confirmation


async def test_what_was_written_before_the_answer_was_lost_is_ours_all_the_same(
    stage: Stage,
) -> None:
    for number in range(30):
        stage.arrive(number)
    await stage.store(*(owed(number) for number in range(30)))
    stage.turns.fail("cloud_scope.add chunk", DirectoryUnavailable("away"), skip=1)
    with pytest.raises(DirectoryUnavailable):
        await apply_scope_changes([change(*range(30))], stage.world, NOW)
    assert len(stage.scope) == 20
    assert (await stage.world.ledger.totals()).by_state == {State.REQUESTED: 30}
    await apply_scope_changes([change(*range(30))], stage.world, NOW)
    people = await stage.world.ledger.in_state([State.APPLIED])
    assert len(people) == 30
    assert {one.provenance for one in people} == {Provenance.OURS}


async def test_two_writers_of_one_change_at_once_come_to_the_same(stage: Stage) -> None:
    stage.arrive(1)
    await stage.store(owed(1), synced(2))
    other = partial(apply_scope_changes, [change(1, 2)], stage.another(), NOW)
    stage.turns.at("ledger.amend commit", other)
    await apply_scope_changes([change(1, 2)], stage.world, NOW)
    assert stage.scope == {an_id(1)}
    assert (await stage.person(1)).provenance is Provenance.OURS
    assert len(commands(stage)) == 1


async def test_a_group_that_is_not_ours_to_write_flags_its_people_and_loses_nobody(
    stage: Stage, signals: list[EventDict]
) -> None:
    stage.arrive(1)
    group = stage.tenant.groups[stage.tenant.scope_group_id]
    group.kind = ScopeGroup(dynamic=True)
    await stage.store(owed(1))
    await apply_scope_changes([change(1)], stage.world, NOW)
    found = await stage.person(1)
    assert (found.state, found.flag) == (State.REQUESTED, Reason.GROUP_DYNAMIC)
    told = said(signals, "scope-group-unwritable")
    assert told == [{"reason": "group-dynamic", "people": 1}]
    for hours in range(1, 4):
        await follow_up(stage.world, NOW + hours * HOUR)
    assert (await stage.person(1)).flag is Reason.GROUP_DYNAMIC
    group.kind = ScopeGroup()
    await apply_scope_changes([change(1)], stage.world, NOW)
    assert ((await stage.person(1)).state, (await stage.person(1)).flag) == (State.APPLIED, None)


async def test_a_user_whom_graph_does_not_know_yet_is_asked_for_again(stage: Stage) -> None:
    await stage.store(owed(1))
    await apply_scope_changes([change(1)], stage.world, NOW)
    found = await stage.person(1)
    assert (found.state, found.flag) == (State.REQUESTED, None)
    assert found.steps[-1].reason is Reason.NOT_IN_ENTRA


async def test_what_is_no_change_is_kept_and_keeps_no_other_back(stage: Stage) -> None:
    stage.arrive(1)
    await stage.store(owed(1))
    await apply_scope_changes([Message(b"?"), change(1)], stage.world, NOW)
    assert [one.body for one in await stage.world.ledger.refused(9)] == ["?"]
    assert stage.scope == {an_id(1)}


async def test_a_conflict_after_the_write_leaves_it_to_the_next_delivery(stage: Stage) -> None:
    stage.arrive(1)
    await stage.store(owed(1))
    stage.turns.fail("ledger.amend", LedgerConflict("busy"))
    with pytest.raises(LedgerConflict):
        await apply_scope_changes([change(1)], stage.world, NOW)
    await apply_scope_changes([change(1)], stage.world, NOW)
    found = await stage.person(1)
    assert (found.state, found.provenance) == (State.APPLIED, Provenance.OURS)


@pytest.mark.parametrize("topology", Topology)
@pytest.mark.parametrize("is_synced", [False, True], ids=["cloud", "synced"])
async def test_of_whom_an_older_row_does_not_say_where_they_are_written_it_is_asked(
    topology: Topology, *, is_synced: bool
) -> None:
    """Given somebody who is owed a write that no writer takes, they are written where they belong.

    A cloud user who is in the synced group was converted: that group has one writer.
    """
    stage = a_stage(topology=topology)
    stage.arrive(1, synced=is_synced)
    scope = stage.world.tenant_rules.scope_group_id
    stage.tenant.join(scope, an_id(1))
    await stage.store(owed(1, State.WITHDRAWING, source_of_authority=None))
    await apply_scope_changes([change(1)], stage.another(), NOW)
    is_cloud = topology is Topology.CLOUD or (topology is Topology.NESTED and not is_synced)
    assert (an_id(1) in stage.scope, len(commands(stage))) == (
        (False, 0) if is_cloud else (True, 1)
    )


async def test_who_is_no_longer_known_waits_for_whoever_looks_and_holds_nobody_up(
    stage: Stage,
) -> None:
    stage.arrive(2)
    stage.tenant.join(stage.world.tenant_rules.scope_group_id, an_id(2))
    unknown = owed(1, State.WITHDRAWING, source_of_authority=None)
    await stage.store(unknown, owed(2, State.WITHDRAWING))
    await apply_scope_changes([change(1, 2)], stage.another(), NOW)
    assert await stage.person(1) == unknown
    assert an_id(2) not in stage.scope
