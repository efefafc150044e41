"""What a batch makes of the group: order, repetition, and who a membership belongs to."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hybrid_worker.active_directory.account import Account, AccountKind
from hybrid_worker.identify import Finding
from hybrid_worker.plan import LastChange, Plan, Target, make_plan
from hybrid_worker.verdicts import judge
from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.directory_result import MemberResult
from shared.domain.person.reasons import Reason
from shared.domain.person.writes import ScopeAction, WriteOutcome

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ONE = UUID(int=1)


def target(key: str, action: ScopeAction, minute: int, guid: UUID = ONE) -> Target:
    member = CommandMember(key=f"{guid}", employee_id="1")
    issued_at = START + timedelta(minutes=minute)
    command = DirectoryCommand(
        command_key=key,
        action=action,
        members=(member,),
        cause="c",
        actor="a",
        issued_at=issued_at,
        expires_at=issued_at + timedelta(hours=1),
    )
    return Target(command, member, Account(guid=guid, sid="S-1"))


def last(action: ScopeAction, minute: int, *, ours: bool = True) -> dict[UUID, LastChange]:
    return {ONE: LastChange(action, START + timedelta(minutes=minute), ours)}


def outcome(plan: Plan) -> tuple[WriteOutcome, Reason | None]:
    (item,) = plan.items
    return item.outcome, item.reason


@pytest.mark.parametrize(
    ("action", "is_in", "expected"),
    [
        (ScopeAction.ADD, False, WriteOutcome.DONE),
        (ScopeAction.ADD, True, WriteOutcome.ALREADY),
        (ScopeAction.REMOVE, True, WriteOutcome.DONE),
        (ScopeAction.REMOVE, False, WriteOutcome.ALREADY),
    ],
)
def test_only_the_difference_is_written(
    action: ScopeAction, is_in: bool, expected: WriteOutcome
) -> None:
    plan = make_plan([target("k", action, 0)], {ONE} if is_in else set(), {}, {})
    assert outcome(plan) == (expected, None)
    assert bool(plan.adds | plan.removes) == (expected is WriteOutcome.DONE)


def test_an_older_remove_does_not_undo_a_newer_add() -> None:
    plan = make_plan([target("k", ScopeAction.REMOVE, 1)], {ONE}, last(ScopeAction.ADD, 2), {})
    assert outcome(plan) == (WriteOutcome.REFUSED, Reason.OUTDATED)
    assert not plan.removes


def test_a_newer_remove_undoes_an_older_add() -> None:
    plan = make_plan([target("k", ScopeAction.REMOVE, 3)], {ONE}, last(ScopeAction.ADD, 2), {})
    assert (outcome(plan)[0], set(plan.removes)) == (WriteOutcome.DONE, {ONE})


def test_what_an_earlier_command_of_ours_did_is_done_and_not_already() -> None:
    ours = make_plan([target("k", ScopeAction.ADD, 3)], {ONE}, last(ScopeAction.ADD, 2), {})
    theirs = make_plan(
        [target("k", ScopeAction.ADD, 3)], {ONE}, last(ScopeAction.ADD, 2, ours=False), {}
    )
    assert (outcome(ours)[0], outcome(theirs)[0]) == (WriteOutcome.DONE, WriteOutcome.ALREADY)


def test_who_was_taken_out_by_hand_is_put_in_again() -> None:
    plan = make_plan([target("k", ScopeAction.ADD, 3)], set(), last(ScopeAction.ADD, 2), {})
    assert (outcome(plan)[0], set(plan.adds)) == (WriteOutcome.DONE, {ONE})


def test_what_a_command_did_before_a_crash_is_repeated_and_not_done_again() -> None:
    earlier = {("k", ONE): WriteOutcome.DONE}
    plan = make_plan([target("k", ScopeAction.ADD, 1)], set(), last(ScopeAction.REMOVE, 2), earlier)
    assert (outcome(plan)[0], plan.adds) == (WriteOutcome.DONE, frozenset())


def test_two_commands_in_one_batch_are_taken_in_the_order_of_their_issue() -> None:
    late, early = target("late", ScopeAction.REMOVE, 2), target("early", ScopeAction.ADD, 1)
    plan = make_plan([late, early], set(), {}, {})
    assert [item.target.command.command_key for item in plan.items] == ["early", "late"]
    assert [item.outcome for item in plan.items] == [WriteOutcome.DONE, WriteOutcome.DONE]
    assert not plan.adds | plan.removes


COMMANDS = st.lists(
    st.tuples(st.sampled_from(list(ScopeAction)), st.integers(0, 50), st.integers(1, 4)),
    max_size=30,
)


@given(COMMANDS, st.sets(st.integers(1, 4)))
def test_the_newest_command_of_each_account_decides(
    commands: list[tuple[ScopeAction, int, int]], inside: set[int]
) -> None:
    targets = [
        target(f"{index}", action, minute, UUID(int=who))
        for index, (action, minute, who) in enumerate(commands)
    ]
    members = {UUID(int=who) for who in inside}
    plan = make_plan(targets, members, {}, {})
    wanted = {
        each.account.guid: each.command.action is ScopeAction.ADD
        for each in sorted(targets, key=lambda each: each.command.issued_at)
    }
    after = (members | plan.adds) - plan.removes
    assert {guid: guid in after for guid in wanted} == wanted
    assert not plan.adds & members
    assert plan.removes <= members


@pytest.mark.parametrize(
    ("action", "account", "expected"),
    [
        (ScopeAction.ADD, {"protected": True}, Reason.PROTECTED),
        (ScopeAction.REMOVE, {"protected": True}, None),
        (ScopeAction.ADD, {"disabled": True}, Reason.DISABLED),
        (ScopeAction.REMOVE, {"disabled": True}, None),
        (ScopeAction.ADD, {"sid": "S-2"}, Reason.SID_MISMATCH),
        (ScopeAction.REMOVE, {"sid": "S-2"}, Reason.SID_MISMATCH),
        (ScopeAction.ADD, {"sid": "s-1"}, None),
    ],
)
def test_who_may_be_changed(
    action: ScopeAction, account: dict[str, object], expected: Reason | None
) -> None:
    found = Account(**{"guid": ONE, "sid": "S-1", **account})  # type: ignore[arg-type]
    finding = Finding((found,), AccountKind.EMPLOYEE_ID)
    judged = judge(action, CommandMember(key="k", employee_id="1", sid="S-1"), finding)
    reason = judged.reason if isinstance(judged, MemberResult) else None
    assert reason is expected


def test_a_disabled_account_that_the_cloud_knows_by_its_anchor_is_the_clouds_to_judge() -> None:
    found = Account(guid=ONE, sid="S-1", disabled=True)
    member = CommandMember(key="k", source_anchor=found.source_anchor)
    assert judge(ScopeAction.ADD, member, Finding((found,), AccountKind.ANCHOR)) == found
