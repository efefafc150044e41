"""An enrolment comes back from its columns as it went in, and fits into a row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.tables.codec import (
    STANDING_COLUMNS,
    columns_of,
    enrolment_of,
    plain,
    standing_of,
)
from shared.domain.person.commands import NO_COMMANDS, AskedCommand, AskedCommands
from shared.domain.person.enrolment import (
    MOST_STEPS,
    Cause,
    CauseKind,
    Claim,
    Enrolment,
    Exclusion,
    Provenance,
    State,
    Step,
)
from shared.domain.person.people import UserRef
from shared.domain.person.policy import SourceOfAuthority
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary
from shared.domain.person.writes import ScopeAction, WriteOutcome

MOMENTS = st.datetimes(datetime(1601, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # given one
TEXTS = st.text(max_size=40)
STEPS = st.lists(
    st.builds(Step, MOMENTS, st.sampled_from(State), st.sampled_from(Reason), TEXTS),
    max_size=MOST_STEPS,
)
CAUSES = st.builds(Cause, st.sampled_from(CauseKind), TEXTS, TEXTS)
HOLDS = st.lists(
    st.builds(Claim, CAUSES, st.none() | MOMENTS), unique_by=lambda claim: claim.cause.kind
)
COMMANDS = st.builds(
    AskedCommand,
    TEXTS,
    st.sampled_from(ScopeAction),
    st.none() | st.sampled_from(WriteOutcome),
)
ENROLMENTS = st.builds(
    Enrolment,
    key=TEXTS,
    user=st.builds(
        UserRef,
        object_id=st.none() | TEXTS,
        user_principal_name=st.none() | TEXTS,
        employee_id=st.none() | TEXTS,
        source_anchor=st.none() | TEXTS,
        sid=st.none() | TEXTS,
    ),
    state=st.sampled_from(State),
    reason=st.sampled_from(Reason),
    cause=CAUSES,
    since=MOMENTS,
    event_time=MOMENTS,
    source_of_authority=st.none() | st.sampled_from(SourceOfAuthority),
    provenance=st.sampled_from(Provenance),
    command_key=st.none() | TEXTS,
    commands=st.builds(AskedCommands, st.lists(COMMANDS, min_size=1, max_size=8).map(tuple)),
    effective_date=st.none() | MOMENTS,
    due=st.none() | MOMENTS,
    deadline=st.none() | MOMENTS,
    attempts=st.integers(0, 2**31 - 1),
    reissues=st.integers(0, 2**31 - 1),
    flag=st.none() | st.sampled_from(Reason),
    claims=HOLDS.map(tuple),
    exclusion=st.none()
    | st.builds(Exclusion, st.sampled_from(Reason), TEXTS, TEXTS, st.none() | MOMENTS),
    steps=STEPS.map(tuple),
)
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def with_steps(details: list[str]) -> Enrolment:
    return Enrolment(
        key="employee:1",
        user=UserRef(employee_id="1"),
        state=State.WAITING,
        reason=Reason.HIRE_DATE_AHEAD,
        cause=Cause(CauseKind.EVENT, "event-1", "hr"),
        since=NOW,
        event_time=NOW,
        steps=tuple(Step(NOW, State.WAITING, Reason.WRITE_REFUSED, text) for text in details),
    )


@given(ENROLMENTS)
def test_an_enrolment_comes_back_as_it_went_in(enrolment: Enrolment) -> None:
    assert enrolment_of(columns_of(enrolment)) == enrolment


def test_a_row_of_before_they_had_a_column_has_its_commands_among_the_steps() -> None:
    issued = Reason.COMMAND_ISSUED
    old = replace(
        with_steps(["other"]),
        steps=(
            Step(NOW, State.REQUESTED, issued, "add-1"),
            Step(NOW, State.APPLIED, Reason.ADDED, ""),
            Step(NOW, State.WITHDRAWING, issued, "out-1"),
            Step(NOW, State.WITHDRAWING, issued, ""),
        ),
    )
    columns = columns_of(old)
    assert "Commands" not in columns
    asked = NO_COMMANDS.asking("add-1", ScopeAction.ADD).asking("out-1", ScopeAction.REMOVE)
    assert enrolment_of(columns) == replace(old, commands=asked)


@given(ENROLMENTS)
def test_what_is_not_known_has_no_column(enrolment: Enrolment) -> None:
    assert None not in columns_of(enrolment).values()


@given(ENROLMENTS)
def test_the_columns_of_a_standing_are_enough_for_it(enrolment: Enrolment) -> None:
    columns = columns_of(enrolment)
    selected = {name: columns.get(name) for name in STANDING_COLUMNS}
    assert standing_of(selected) == EnrolmentSummary.of(enrolment)


@given(st.lists(st.text(max_size=900), max_size=MOST_STEPS))
def test_steps_always_fit_into_one_property_of_64_kib(details: list[str]) -> None:
    steps = columns_of(with_steps(details))["Steps"]
    assert len(steps.encode("utf-16-le")) <= 64 * 1024


def test_steps_too_long_together_lose_the_oldest_details_and_nothing_else() -> None:
    long = with_steps([f"{number}" * 450 for number in range(10, 10 + MOST_STEPS)])
    kept = enrolment_of(columns_of(long))
    details = [step.detail for step in kept.steps]
    lost = details.count("")
    assert 0 < lost < MOST_STEPS
    assert details == [""] * lost + [step.detail for step in long.steps[lost:]]
    assert kept == replace(
        long,
        steps=tuple(
            replace(step, detail=detail) for step, detail in zip(long.steps, details, strict=True)
        ),
    )


def test_a_datetime_of_the_sdk_becomes_a_datetime_of_its_own() -> None:
    class Subclass(datetime):
        pass

    moment = plain(Subclass(2026, 3, 2, 8, 0, 0, 5, tzinfo=timezone(timedelta(0))))
    assert type(moment) is datetime
    assert moment == NOW + timedelta(microseconds=5)
