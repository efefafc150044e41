"""An answer changes only what its question asked, whatever stands in it and whoever wrote it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.answers import Standing, standing_of, take_answer
from shared.domain.person.commands import MOST_COMMANDS, NO_COMMANDS, AskedCommands
from shared.domain.person.enrolment import Enrolment, Provenance, State
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.verification import joined
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult
from tests.support.enrolments import NOW, POLICY, SYNCED_ANNA, enrolment, provisional

ADD, REMOVE = ScopeAction.ADD, ScopeAction.REMOVE
BOB = UserRef(
    user_principal_name="bob@contoso.test", employee_id="9", source_anchor="bob==", sid="S-1-5-21-9"
)


def asked(*commands: tuple[str, ScopeAction]) -> AskedCommands:
    found = NO_COMMANDS
    for key, action in commands:
        found = found.asking(key, action)
    return found


def awaiting(state: State = State.REQUESTED, **changes: Any) -> Enrolment:
    known: dict[str, Any] = {"command_key": "add-1", "commands": asked(("add-1", ADD))}
    return enrolment(state, Provenance.UNKNOWN, **(known | changes))


def newcomer(**changes: Any) -> Enrolment:
    known: dict[str, Any] = {"command_key": "add-1", "commands": asked(("add-1", ADD))}
    return provisional(State.REQUESTED, **(known | changes))


def answer(outcome: WriteOutcome = WriteOutcome.DONE, **changes: Any) -> WriteResult:
    known: dict[str, Any] = {"change": ADD, "outcome": outcome, "command_key": "add-1"}
    return WriteResult(**(known | changes))


def taken(current: Enrolment, given_answer: WriteResult) -> Enrolment:
    return take_answer(current, given_answer, POLICY, NOW)


def test_an_answer_to_the_command_that_is_out_is_taken() -> None:
    assert taken(awaiting(), answer()).state is State.APPLIED


@pytest.mark.parametrize(
    ("current", "forged"),
    [
        (awaiting(), answer(command_key="another")),
        (awaiting(), answer(command_key=None)),
        (awaiting(), answer(change=REMOVE)),
        (awaiting(commands=NO_COMMANDS), answer()),
        (awaiting(source_of_authority=SourceOfAuthority.CLOUD), answer()),
        (awaiting(source_of_authority=None), answer()),
        (enrolment(State.WAITING), answer()),
        (enrolment(State.WITHDRAWN), answer(user=BOB)),
    ],
)
def test_what_nobody_asked_changes_nothing(current: Enrolment, forged: WriteResult) -> None:
    assert standing_of(current, forged) is Standing.UNASKED
    assert taken(current, forged) == current


@pytest.mark.parametrize(
    "who",
    [
        BOB,
        UserRef(sid="S-1-5-21-9"),
        UserRef(source_anchor="bob=="),
        replace(SYNCED_ANNA.ref, sid="S-1-5-21-9"),
    ],
)
def test_another_account_than_the_one_known_is_flagged_and_changes_nothing(who: UserRef) -> None:
    current = awaiting()
    after = taken(current, answer(user=who))
    assert (after.flag, after.steps[-1].reason) == (
        Reason.ANSWER_CONTRADICTS,
        Reason.ANSWER_CONTRADICTS,
    )
    assert replace(after, flag=current.flag, steps=current.steps) == current
    assert taken(after, answer(user=who)) == after


def test_the_same_account_in_other_letters_is_no_contradiction() -> None:
    who = replace(SYNCED_ANNA.ref, sid="s-1-5-21-1")
    assert taken(awaiting(), answer(user=who)).state is State.APPLIED


def test_a_upn_that_ad_has_otherwise_is_neither_taken_nor_a_contradiction() -> None:
    who = replace(SYNCED_ANNA.ref, user_principal_name="anna@corp.local", employee_id="0815")
    after = taken(awaiting(), answer(user=who))
    assert (after.state, after.user) == (State.APPLIED, SYNCED_ANNA.ref)


def test_of_somebody_not_in_entra_only_what_was_unknown_is_learned() -> None:
    found = UserRef(user_principal_name="Anna@contoso.test", source_anchor="a==", sid="S-1")
    after = taken(newcomer(), answer(user=found))
    assert after.user == UserRef(
        user_principal_name="anna@contoso.test", source_anchor="a==", sid="S-1"
    )
    assert after.is_provisional


@pytest.mark.parametrize(
    "current",
    [
        newcomer(),
        newcomer(key="employee:4711", user=UserRef(employee_id="4711")),
        newcomer(user=UserRef(user_principal_name="anna@contoso.test", source_anchor="anna==")),
    ],
)
def test_an_event_of_one_person_does_not_become_anothers(current: Enrolment) -> None:
    after = taken(current, answer(user=BOB))
    assert (after.user, after.state) == (current.user, current.state)
    assert after.flag is Reason.ANSWER_CONTRADICTS


def test_a_repeated_answer_is_recognised_whatever_it_says_now() -> None:
    once = taken(awaiting(), answer())
    again = replace(once, state=State.REQUESTED)
    for outcome in WriteOutcome:
        assert standing_of(again, answer(outcome)) is Standing.REPEATED
        assert taken(again, answer(outcome)) == again


def test_that_something_was_written_after_all_is_news() -> None:
    expired = answer(WriteOutcome.REFUSED, reason=Reason.COMMAND_EXPIRED)
    again = taken(awaiting(), expired)
    assert (again.state, again.command_key) == (State.REQUESTED, None)
    assert taken(again, answer()).state is State.APPLIED


def test_an_earlier_command_of_the_same_kind_is_answered_late() -> None:
    current = awaiting(command_key="add-2", commands=asked(("add-1", ADD), ("add-2", ADD)))
    assert taken(current, answer()).state is State.APPLIED


@pytest.mark.parametrize("state", sorted(State))
def test_the_answer_to_an_add_says_nothing_once_the_removal_was_asked_for(state: State) -> None:
    """Else an old answer would make somebody else's membership ours, and have it removed."""
    commands = asked(("add-1", ADD), ("out-1", REMOVE))
    current = enrolment(state, Provenance.PREEXISTING, commands=commands, command_key="out-1")
    assert standing_of(current, answer()) is Standing.OVERTAKEN
    assert taken(current, answer()) == current


def test_the_last_few_commands_are_kept() -> None:
    commands = asked(*((f"add-{number}", ADD) for number in range(20)))
    assert [one.key for one in commands.newest] == [
        f"add-{number}" for number in range(20 - MOST_COMMANDS, 20)
    ]
    assert commands.asking("add-19", ADD) == commands


def test_commands_that_were_out_under_the_key_of_before_are_still_answered() -> None:
    known = enrolment(State.REQUESTED, Provenance.UNKNOWN, commands=asked(("add-2", ADD)))
    after = joined(known, newcomer(), NOW)
    assert [one.key for one in after.commands.newest] == ["add-1", "add-2"]


KEYS = st.sampled_from(["add-1", "add-2", "out-1", "never"])
COMMANDS = st.lists(
    st.sampled_from([("add-1", ADD), ("add-2", ADD), ("out-1", REMOVE)]), max_size=3
).map(lambda pairs: asked(*pairs))
IDENTITIES = st.builds(
    UserRef,
    object_id=st.none() | st.just("b0b00000-0000-4000-8000-000000000000"),
    user_principal_name=st.sampled_from([None, "anna@contoso.test", "bob@contoso.test"]),
    employee_id=st.sampled_from([None, "4711", "9"]),
    source_anchor=st.sampled_from([None, "anchor==", "bob=="]),
    sid=st.sampled_from([None, "S-1-5-21-1", "S-1-5-21-9"]),
)
PEOPLE = st.builds(
    enrolment,
    st.sampled_from(State),
    st.sampled_from(Provenance),
    commands=COMMANDS,
    command_key=st.none() | KEYS,
    source_of_authority=st.none() | st.sampled_from(SourceOfAuthority),
) | st.builds(
    provisional,
    st.sampled_from(State),
    commands=COMMANDS,
    command_key=st.none() | KEYS,
    user=IDENTITIES.map(lambda ref: replace(ref, object_id=None)),
)
ANSWERS = st.builds(
    WriteResult,
    change=st.sampled_from(ScopeAction),
    outcome=st.sampled_from(WriteOutcome),
    reason=st.none() | st.sampled_from([Reason.PROTECTED, Reason.COMMAND_EXPIRED]),
    command_key=st.none() | KEYS,
    user=IDENTITIES,
)
NAMES = ("user_principal_name", "employee_id", "source_anchor", "sid")


@given(PEOPLE, st.lists(ANSWERS, max_size=5))
def test_answers_change_only_what_was_asked(current: Enrolment, answers: list[WriteResult]) -> None:
    for one in answers:
        standing, after = standing_of(current, one), taken(current, one)
        if standing is not Standing.NEWS:
            kept = replace(after, flag=current.flag, steps=current.steps)
            assert kept == current
            assert (after == current) or standing is Standing.CONTRADICTS
        assert (after.key, after.user.object_id) == (current.key, current.user.object_id)
        assert (after.claims, after.exclusion, after.event_time, after.cause) == (
            current.claims,
            current.exclusion,
            current.event_time,
            current.cause,
        )
        for name in NAMES:
            had, has = getattr(current.user, name), getattr(after.user, name)
            assert has == had or (had is None and current.is_provisional)
        if after.state is not current.state:
            assert (one.command_key, one.change) in [
                (command.key, command.action) for command in current.commands.newest
            ]
            assert current.source_of_authority is SourceOfAuthority.ON_PREMISES
        current = after


@given(PEOPLE, ANSWERS)
def test_the_same_answer_twice_is_as_good_as_once(current: Enrolment, one: WriteResult) -> None:
    once = taken(current, one)
    later = take_answer(once, one, POLICY, NOW + timedelta(hours=1))
    assert later == once
