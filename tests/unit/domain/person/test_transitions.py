"""The table of transitions: each row is reached by a decision, and no decision goes by without."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.person.enrolment import (
    ENROLLED,
    Cause,
    CauseKind,
    Claim,
    Enrolment,
    EventHistory,
    EventRecord,
    Exclusion,
    Provenance,
    Said,
    State,
    Step,
)
from shared.domain.person.happenings import Happening
from shared.domain.person.membership import (
    call_off,
    put_back,
    put_in,
    roll_back,
    take,
    take_stranger,
)
from shared.domain.person.membership import (
    found as found_in_group,
)
from shared.domain.person.methods import HeldMethods
from shared.domain.person.onboarding import decide
from shared.domain.person.overrides import keep_out
from shared.domain.person.people import Candidate, Memberships, Person, Registration, UserRef
from shared.domain.person.policy import Policy
from shared.domain.person.reasons import Reason
from shared.domain.person.request import Action, Lookup, Request
from shared.domain.person.transitions import (
    TABLE,
    ImpossibleMove,
    Start,
    Way,
    begin,
    move,
    next_state,
)
from shared.domain.person.verification import Observation, adopt, verify
from shared.domain.person.waiting import wait_again
from shared.domain.person.write_results import record
from shared.domain.person.writes import ScopeAction, WriteOutcome, WriteResult
from shared.domain.plan.forgetting import Forgetting
from tests.support.enrolments import (
    ANNA_ID,
    ANNA_UPN,
    CLOUD_ANNA,
    CLOUD_ONLY,
    DAY,
    IN_SCOPE,
    NOBODY,
    NOW,
    POLICY,
    SCOPE,
    SYNCED_ANNA,
    SYNCED_ONLY,
    enrolment,
    found,
    request,
)

type Drive = Callable[[Enrolment | None], Enrolment]

WAVE = Cause(CauseKind.WAVE, "early", "clock")
BY_OPERATOR = Exclusion(Reason.EXCLUDED_BY_OPERATOR, "olga", "on leave")
ONLY_A_PASSKEY = HeldMethods(frozenset({"passKeySynced"}))
GUEST = replace(SYNCED_ANNA, guest=True)
KNOWN_BY_UPN = UserRef(user_principal_name=ANNA_UPN)
SHARED = Path(__file__).parents[4] / "shared"


def asks(finding: Lookup, policy: Policy = POLICY, asked: Request | None = None) -> Drive:
    return lambda current: decide(asked or request(), finding, current, policy, NOW)


def of_somebody(decision: Callable[[Enrolment], Enrolment]) -> Drive:
    def drive(current: Enrolment | None) -> Enrolment:
        assert current is not None, "it happens to nobody who is not remembered"
        return decision(current)

    return drive


def answers(
    outcome: WriteOutcome, reason: Reason | None = None, change: ScopeAction = ScopeAction.ADD
) -> Drive:
    """The directory answers what has been asked of it, whatever was."""

    def drive(current: Enrolment) -> Enrolment:
        key = current.command_key
        answer = WriteResult(change=change, outcome=outcome, reason=reason, command_key=key)
        return record(current, answer, POLICY, NOW)

    return of_somebody(drive)


def looks(
    *, member: bool, enabled: bool = False, registered: bool = False, methods: str = ""
) -> Drive:
    held = HeldMethods(frozenset(methods.split()))
    seen = Observation(member, Registration(ANNA_ID, enabled, registered, held))
    return of_somebody(lambda one: verify(replace(one, since=NOW - 9 * DAY), seen, POLICY, NOW))


def of_the_wave(one: Enrolment) -> Enrolment:
    return replace(one, claims=(Claim(WAVE),))


FORGETTING = Forgetting(None, POLICY, NOW)


def of_a_rehire(one: Enrolment) -> Enrolment:
    """Somebody who left and came back by events, the second of which is to be forgotten."""
    before = replace(one, claims=(), exclusion=None, events=None)
    left, back = (
        EventRecord(
            key=key,
            leaves=key == "left",
            occurred_at=NOW - days * DAY,
            taken_at=NOW - days * DAY,
            reference=key,
            actor="hr",
        )
        for key, days in (("left", 2), ("back", 1))
    )
    history = EventHistory(Said(NOW - 9 * DAY), (left, back))
    claim = Claim(Cause(CauseKind.EVENT, "back", "hr"))
    return replace(before, claims=(claim,), events=history)


def is_rehire(record: EventRecord) -> bool:
    return record.key == "back"


DRIVES: dict[Happening, Drive] = {
    Happening.ASKED_FOR: asks(found(CLOUD_ANNA)),
    Happening.MEMBER_ALREADY: asks(found(SYNCED_ANNA, SCOPE)),
    Happening.HIRED_LATER: asks(found(CLOUD_ANNA), asked=request(effective_date=NOW + DAY)),
    Happening.FOUND_NOWHERE: asks(NOBODY, CLOUD_ONLY),
    Happening.UNIDENTIFIED: asks(Lookup((CLOUD_ANNA, SYNCED_ANNA))),
    Happening.REFUSED: asks(found(GUEST)),
    Happening.KEPT_OUT: of_somebody(
        lambda one: asks(found(CLOUD_ANNA))(replace(one, exclusion=BY_OPERATOR))
    ),
    Happening.WRITTEN: answers(WriteOutcome.DONE),
    Happening.WRITTEN_BEFORE: answers(WriteOutcome.ALREADY),
    Happening.ADD_REFUSED_BY_RULE: answers(WriteOutcome.REFUSED, Reason.PROTECTED),
    Happening.ADD_REFUSED: answers(WriteOutcome.REFUSED, Reason.SID_MISMATCH),
    Happening.NO_ACCOUNT: of_somebody(
        lambda one: answers(WriteOutcome.NOT_FOUND)(replace(one, user=KNOWN_BY_UPN))
    ),
    Happening.ADD_IN_VAIN: answers(WriteOutcome.REFUSED),
    Happening.REMOVED: answers(WriteOutcome.DONE, change=ScopeAction.REMOVE),
    Happening.SEEN_GONE: of_somebody(
        lambda one: looks(member=False)(
            replace(one, removed_at=NOW, steps=(Step(NOW, one.state, Reason.REMOVED),))
        )
    ),
    Happening.DEADLINE_PASSED: of_somebody(
        lambda one: wait_again(replace(one, deadline=NOW), POLICY, NOW)
    ),
    Happening.NEVER_ARRIVED: of_somebody(
        lambda one: looks(member=False)(replace(one, user=KNOWN_BY_UPN, deadline=NOW))
    ),
    Happening.SEEN: looks(member=True),
    Happening.NOT_SEEN_IN_TIME: looks(member=False),
    Happening.SSPR_ENABLED: looks(member=True, enabled=True),
    Happening.SSPR_REGISTERED: looks(member=True, enabled=True, registered=True),
    Happening.RESET_POSSIBLE: looks(member=True, enabled=True, registered=True, methods="email"),
    Happening.RESET_LOST: looks(member=True, enabled=True),
    Happening.REGISTRATION_LOST: of_somebody(
        lambda one: looks(member=True, enabled=True)(replace(one, held=ONLY_A_PASSKEY))
    ),
    Happening.SSPR_DISABLED: of_somebody(
        lambda one: looks(member=True)(replace(one, held=ONLY_A_PASSKEY))
    ),
    Happening.REFUSED_ON_ARRIVAL: of_somebody(
        lambda one: adopt(replace(one, user=KNOWN_BY_UPN), GUEST, Memberships(), POLICY, NOW)
    ),
    Happening.TAKEN_OUT_BY_HAND: of_somebody(lambda one: put_back(SYNCED_ANNA, one, POLICY, NOW)),
    Happening.PUT_IN_BY_HAND: of_somebody(
        lambda one: take_stranger(SYNCED_ANNA, one, POLICY, NOW, actor="clock")
    ),
    Happening.OFFBOARDED: asks(NOBODY, asked=request(Action.OFFBOARD)),
    Happening.EXCLUDED_BY_OPERATOR: lambda current: keep_out(
        SYNCED_ANNA, current, BY_OPERATOR, POLICY, NOW
    ),
    Happening.UNWANTED: of_somebody(lambda one: take(one, Reason.NO_LONGER_WANTED, NOW)),
    Happening.INELIGIBLE: of_somebody(lambda one: take(one, Reason.DISABLED, NOW)),
    Happening.ACCOUNT_GONE: of_somebody(lambda one: take(one, Reason.NOT_IN_ENTRA, NOW)),
    Happening.ROLLED_BACK: of_somebody(lambda one: roll_back(of_the_wave(one), "early", NOW)),
    Happening.FORGOTTEN: of_somebody(
        lambda one: FORGETTING.forget(of_a_rehire(one), is_rehire, None, why="HR erred").enrolment
    ),
    Happening.CALLED_OFF: of_somebody(lambda one: call_off(of_the_wave(one), NOW)),
}
"""Of each happening a decision that finds it, about whomever it is asked."""


LOOKED_AT = {
    Happening.REMOVED,
    Happening.OFFBOARDED,
    Happening.EXCLUDED_BY_OPERATOR,
    Happening.FORGOTTEN,
    Happening.WRITTEN_BEFORE,
}
"""Happenings that it matters to whether the person is in Entra."""


class Row(NamedTuple):
    """One way of one row of the table, and people of every kind who go it."""

    start: Start
    happening: Happening
    way: Way
    people: list[Enrolment | None]

    def __str__(self) -> str:
        guard = self.way.where.__name__ if self.way.where else ""
        return f"{self.start or 'nobody'} {self.happening} {guard}".strip()


def anybody(start: Start, *, in_entra_only: bool = True) -> list[Enrolment | None]:
    if start is None:
        return [None]
    reasons = [Reason.ONBOARDED, *([Reason.NOT_SYNCED] if start is State.WITHDRAWING else [])]
    refs = [SYNCED_ANNA.ref, *([] if in_entra_only else [KNOWN_BY_UPN])]
    return [
        enrolment(start, provenance, command_key=command, reason=reason, user=ref)
        for provenance, command, reason, ref in product(
            Provenance, [None, "command-1"], reasons, refs
        )
    ]


def goes(current: Enrolment | None, way: Way, ways: tuple[Way, ...]) -> bool:
    return way is next(one for one in ways if one.where is None or (current and one.where(current)))


def suits(current: Enrolment | None, happening: Happening) -> bool:
    """Whether it can have happened to somebody like that: a membership of ours is no other's."""
    is_ours = current is not None and current.provenance is Provenance.OURS
    return happening is not Happening.MEMBER_ALREADY or not is_ours


def rows() -> Iterator[Row]:
    for (start, happening), ways in TABLE.items():
        for way in ways:
            by_sight = happening in LOOKED_AT
            anyone = anybody(start, in_entra_only=not by_sight)
            if happening is Happening.WRITTEN_BEFORE:
                anyone += [replace(one, exclusion=BY_OPERATOR) for one in anyone if one]
            people = [one for one in anyone if goes(one, way, ways)]
            yield Row(start, happening, way, [one for one in people if suits(one, happening)])


@pytest.mark.parametrize("row", list(rows()), ids=str)
def test_a_decision_reaches_each_row_and_gets_no_further_without_it(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    drive = DRIVES[row.happening]
    assert row.people, "nobody ever goes that way"
    for current in row.people:
        assert drive(current).state is (row.way.leads_to or row.start)
    monkeypatch.delitem(TABLE, (row.start, row.happening))
    for current in row.people:
        with pytest.raises(ImpossibleMove, match=f"^{row.happening} of"):
            drive(current)


@pytest.mark.parametrize("happening", Happening)
def test_what_has_no_row_is_refused(happening: Happening) -> None:
    missing = [start for start in (None, *State) if (start, happening) not in TABLE]
    for current in (one for start in missing for one in anybody(start)):
        with pytest.raises(ImpossibleMove, match=f"^{happening} of somebody"):
            next_state(current, happening)
        if current:
            with pytest.raises(ImpossibleMove):
                move(current, happening, Reason.ADDED, NOW)


@pytest.mark.parametrize("happening", Happening)
def test_everything_that_can_happen_has_a_row_a_sentence_and_a_decision(
    happening: Happening,
) -> None:
    assert happening in DRIVES
    assert [other for other in Happening if other.text == happening.text] == [happening]
    assert happening.text.endswith(".")
    assert any(happening is other for _, other in TABLE)


def test_of_several_ways_the_last_and_no_other_is_for_every_case() -> None:
    for (start, happening), ways in TABLE.items():
        assert [way.where is None for way in ways] == [False] * (len(ways) - 1) + [True]
        if start is None:
            # Of somebody who is not remembered no guard can tell, and they are to be somewhere.
            assert [way.leads_to is not None for way in ways] == [True], happening


def test_nobody_begins_with_what_needs_somebody_or_leaves_them_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ImpossibleMove, match="seen of somebody unknown"):
        begin(Happening.SEEN, Reason.SEEN_IN_ENTRA, NOW, detail="")
    monkeypatch.setitem(TABLE, (None, Happening.SEEN), (Way(None),))
    with pytest.raises(ImpossibleMove, match="nothing to remember"):
        begin(Happening.SEEN, Reason.SEEN_IN_ENTRA, NOW, detail="")


REASONS = st.sampled_from([Reason.NOT_IN_ENTRA, Reason.NO_LONGER_WANTED, Reason.DISABLED])
CLAIMS = st.lists(
    st.builds(
        Claim,
        st.builds(
            Cause, st.sampled_from(CauseKind), st.sampled_from(["early", "late"]), st.just("")
        ),
        st.sampled_from([None, NOW - DAY, NOW + DAY]),
    ),
    max_size=3,
    unique_by=lambda one: one.cause.kind,
).map(tuple)
PEOPLE = st.sampled_from([CLOUD_ANNA, SYNCED_ANNA, GUEST, replace(CLOUD_ANNA, licensed=False)])
POLICIES = st.sampled_from([POLICY, CLOUD_ONLY, SYNCED_ONLY])
GROUPS = st.sampled_from([Memberships(), Memberships(frozenset({SCOPE}))])
ASKING = st.builds(
    Cause,
    st.sampled_from([kind for kind in CauseKind if kind is not CauseKind.FOUND]),
    st.just("early"),
    st.just("clock"),
)
ANYBODY = st.builds(
    enrolment,
    st.just(State.REQUESTED),
    st.sampled_from(Provenance),
    reason=st.sampled_from(Reason),
    command_key=st.sampled_from([None, "command-1"]),
    since=st.sampled_from([NOW, NOW - DAY, NOW - 99 * DAY]),
    due=st.sampled_from([None, NOW - DAY, NOW + DAY]),
    deadline=st.sampled_from([None, NOW - DAY, NOW + DAY]),
    reissues=st.integers(0, 3),
    user=st.sampled_from([SYNCED_ANNA.ref, KNOWN_BY_UPN]),
    claims=CLAIMS,
    exclusion=st.sampled_from([None, BY_OPERATOR, Exclusion(Reason.OFFBOARDED, "hr")]),
)
REQUESTS = st.builds(
    request,
    st.sampled_from([Action.ONBOARD, Action.ONBOARD, Action.OFFBOARD]),
    identifier=st.sampled_from([ANNA_UPN, ANNA_UPN, ANNA_ID]),
    effective_date=st.sampled_from([None, NOW - 30 * DAY, NOW + DAY]),
    cause=ASKING,
)
LOOKUPS = (
    st.just(NOBODY)
    | st.just(Lookup((CLOUD_ANNA, SYNCED_ANNA)))
    | st.builds(lambda person, groups: Lookup((person,), groups), PEOPLE, GROUPS)
)
ANSWERS = st.builds(
    WriteResult,
    change=st.sampled_from(ScopeAction),
    outcome=st.sampled_from(WriteOutcome),
    reason=st.sampled_from([None, Reason.COMMAND_EXPIRED, Reason.PROTECTED, Reason.SID_MISMATCH]),
    command_key=st.sampled_from([None, "command-1", "command-2"]),
)
SIGHTS = st.builds(
    Observation,
    st.sampled_from([None, False, True]),
    st.none() | st.builds(Registration, st.just(ANNA_ID), st.booleans(), st.booleans()),
)
type Decision = Callable[[Enrolment], Enrolment]

DECISIONS: dict[str, st.SearchStrategy[Decision]] = {
    "decide": st.builds(
        lambda asked, finding, policy: lambda one: decide(asked, finding, one, policy, NOW),
        REQUESTS,
        LOOKUPS,
        POLICIES,
    ),
    "put in": st.builds(
        lambda person, groups, cause, policy: (
            lambda one: put_in(Candidate(person, groups), cause, one, policy, NOW)
        ),
        PEOPLE,
        GROUPS,
        ASKING,
        POLICIES,
    ),
    "take": st.builds(lambda reason: lambda one: take(one, reason, NOW), REASONS),
    "put back": st.just(lambda one: put_back(SYNCED_ANNA, one, POLICY, NOW)),
    "stranger": st.builds(
        lambda person: lambda one: take_stranger(person, one, POLICY, NOW, actor="clock"), PEOPLE
    ),
    "keep out": st.builds(
        lambda person: lambda one: keep_out(person, one, BY_OPERATOR, POLICY, NOW), PEOPLE
    ),
    "roll back": st.just(lambda one: roll_back(one, "early", NOW)),
    "call off": st.just(lambda one: call_off(one, NOW)),
    "record": st.builds(lambda answer: lambda one: record(one, answer, POLICY, NOW), ANSWERS),
    "verify": st.builds(lambda seen: lambda one: verify(one, seen, POLICY, NOW), SIGHTS),
    "adopt": st.builds(
        lambda person, groups, policy: lambda one: adopt(one, person, groups, policy, NOW),
        PEOPLE,
        GROUPS,
        POLICIES,
    ),
}
"""Every decision on a person of whom something is remembered."""


@pytest.mark.parametrize("name", DECISIONS)
@given(ANYBODY, st.data())
def test_no_decision_ever_makes_a_move_that_the_table_does_not_know(
    name: str, anyone: Enrolment, data: st.DataObject
) -> None:
    decision = data.draw(DECISIONS[name])
    for state in State:
        assert decision(replace(anyone, state=state)).state in State


@given(REQUESTS, LOOKUPS, PEOPLE, POLICIES)
def test_whoever_is_new_begins_by_the_table(
    asked: Request, finding: Lookup, person: Person, policy: Policy
) -> None:
    for first in (
        decide(asked, finding, None, policy, NOW),
        found_in_group(person, policy, NOW, actor="clock"),
        take_stranger(person, None, policy, NOW, actor="clock"),
        keep_out(person, None, BY_OPERATOR, policy, NOW),
    ):
        assert first.steps[-1].state is first.state


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in SHARED.rglob("*.py"):
        tree = ast.parse(path.read_text())
        yield from ((path, node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_only_the_table_says_which_state_somebody_is_in() -> None:
    """Nobody else makes the step, or names the state that it leads to."""
    for path, call in calls():
        if path.name in {"transitions.py", "enrolment.py"}:
            continue
        where = f"{path.relative_to(SHARED)}:{call.lineno}"
        assert not (isinstance(call.func, ast.Attribute) and call.func.attr == "moved"), where
        for given_state in (one.value for one in call.keywords if one.arg == "state"):
            assert not ast.unparse(given_state).startswith("State."), where


SETS = {
    "is_seen": IN_SCOPE - {State.APPLIED},
    "is_in_scope": IN_SCOPE,
    "is_enrolled": IN_SCOPE | {State.REQUESTED},
    "is_coming": IN_SCOPE | {State.REQUESTED, State.WAITING},
    "has_to_end_first": {State.WAITING, State.WITHDRAWING},
    "is_to_write": {State.REQUESTED, State.WITHDRAWING},
    "is_chased": {State.REQUESTED, State.WITHDRAWING, State.APPLIED},
    "is_settled": {
        State.REGISTERED,
        State.RESETTABLE,
        State.LOST,
        State.EXCLUDED,
        State.FAILED,
        State.WITHDRAWN,
    },
}


@pytest.mark.parametrize("name", SETS)
def test_every_state_says_of_itself_what_it_is(name: str) -> None:
    assert {state for state in State if getattr(state, name)} == SETS[name]


def test_the_states_that_are_asked_for_together_are_those_that_say_so() -> None:
    assert SETS["is_enrolled"] == ENROLLED
