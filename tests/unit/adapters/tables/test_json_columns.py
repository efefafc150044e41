"""What is stored as JSON comes back as it went in, or is refused where a row cannot hold it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.tables.json_columns import JsonColumns
from shared.contracts.api.operation_orders import ApplyOrder, PlanOrder, RollbackOrder
from shared.contracts.api.plan_views import AppliedView, PlanView, RollbackView
from shared.contracts.api.words import OperationState
from shared.domain.errors import InvalidMessage
from shared.domain.person.kinds import KindRule, TraitRule
from shared.domain.person.people import Attribute, Trait
from shared.domain.person.policy import AttributeRule, Topology
from shared.domain.person.reasons import Reason
from shared.domain.rollout.calendar import Calendar, Freeze
from shared.domain.rollout.cohort import Cut
from shared.domain.rollout.document import (
    Count,
    Document,
    DriftAction,
    GroupRing,
    Limit,
    Ring,
    Share,
    Wave,
)
from shared.domain.rollout.gate import Evaluation, Gate, Outcome, Result
from shared.domain.rollout.gates.registry import GATES as KINDS
from shared.domain.rollout.measurements import WorkerSight
from shared.domain.rollout.state import Lease, Pause, PauseReason, Phase, Rollout, Tally, planned
from shared.ports.operations import Operation
from shared.ports.plans import KeptPlan
from shared.ports.rollouts import Reconciliation
from tests.support.cli_samples import plan, rollback

TEXTS = st.text(max_size=12)
SETS = st.frozensets(TEXTS, max_size=3)
COUNTS = st.integers(0, 2**53)
SHARES = st.floats(0, 1)
MOMENTS = st.datetimes(datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # given one
SPANS = st.timedeltas(timedelta(0), timedelta(days=9999))


def tuples[T](each: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(each, max_size=3).map(tuple)


GATES = st.builds(
    Gate,
    kind=st.sampled_from(list(KINDS)),
    threshold=st.floats(0, 10_000),
    window=SPANS,
    minimum_sample=COUNTS,
    failure_limit=COUNTS,
    inconclusive_limit=st.none() | COUNTS,
)
CALENDARS = st.builds(
    Calendar,
    time_zone=st.sampled_from(["UTC", "Europe/Berlin"]),
    days=st.frozensets(st.integers(0, 6)),
    opens=st.times(),
    closes=st.none() | st.times(),
    freezes=tuples(st.builds(Freeze, st.dates(), st.dates(), TEXTS)),
)
WAVES = st.builds(
    Wave,
    name=TEXTS,
    selection=st.builds(Ring, SETS)
    | st.builds(GroupRing, TEXTS)
    | st.builds(Count, COUNTS)
    | st.builds(Share, SHARES | st.just(1.0)),
    soak=SPANS,
    gates=tuples(GATES),
    calendar=CALENDARS,
)
LIMITS = st.builds(Limit, SHARES, st.none() | COUNTS)
DOCUMENTS = st.builds(
    Document,
    name=TEXTS,
    salt=TEXTS,
    scope_group_id=TEXTS,
    topology=st.sampled_from(Topology),
    population_group_ids=SETS,
    excluded_group_ids=SETS,
    excluded_attributes=tuples(st.builds(AttributeRule, st.sampled_from(Attribute), SETS)),
    excluded_object_ids=SETS,
    new_hires_since=st.none() | st.dates(),
    balance=st.none() | st.sampled_from(Attribute),
    waves=tuples(WAVES),
    additions=LIMITS,
    removals=LIMITS,
    on_removed_by_hand=st.sampled_from(DriftAction),
    on_added_by_hand=st.sampled_from(DriftAction),
    evaluate_every=SPANS,
    digest=TEXTS,
    excluded_kinds=tuples(
        st.builds(
            KindRule,
            TEXTS,
            tuples(st.builds(TraitRule, st.sampled_from(Trait), tuples(TEXTS))),
        )
    ),
    external_members=st.booleans(),
)
PHASES = st.sampled_from(Phase)
ROLLOUTS = st.builds(
    Rollout,
    document=DOCUMENTS,
    version=COUNTS,
    phase=PHASES,
    since=MOMENTS,
    actor=TEXTS,
    reason=TEXTS,
    started=COUNTS,
    cuts=tuples(st.builds(Cut, SHARES, st.dictionaries(TEXTS, SHARES, max_size=3))),
    rolled_back=SETS,
    pause=st.none() | st.builds(Pause, st.sampled_from(PauseReason), TEXTS, MOMENTS, TEXTS, PHASES),
    tallies=st.dictionaries(st.sampled_from(list(KINDS)), st.builds(Tally, COUNTS, COUNTS)),
    evaluated_at=st.none() | MOMENTS,
    lease=st.none() | st.builds(Lease, TEXTS, MOMENTS),
)
RESULTS = st.builds(
    Result,
    gate=GATES,
    outcome=st.sampled_from(Outcome),
    value=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    sample=COUNTS,
    text=TEXTS,
)
RECONCILIATIONS = st.builds(
    Reconciliation,
    at=MOMENTS,
    listed=COUNTS,
    eligible=COUNTS,
    kept=COUNTS,
    added=COUNTS,
    removed=COUNTS,
    removed_by_hand=st.lists(TEXTS, max_size=3),
    added_by_hand=st.lists(TEXTS, max_size=3),
    repaired=COUNTS,
    skips=st.dictionaries(st.sampled_from(Reason), COUNTS, max_size=3),
    problem=TEXTS,
)
SIGHTS = st.builds(
    WorkerSight,
    worker=TEXTS,
    seen_at=MOMENTS,
    directory_answers=st.booleans(),
    sync_succeeded=st.none() | st.booleans(),
    sync_ended_at=st.none() | MOMENTS,
    problem=TEXTS,
    directory_problem=st.none() | TEXTS,
    domains=st.none() | st.tuples(TEXTS, TEXTS),
)
KEYS = st.text("abc-/", min_size=1, max_size=12)
REASONS = st.text("abcdé", min_size=3, max_size=12)
ORDERS = (
    st.builds(PlanOrder, document=TEXTS)
    | st.builds(ApplyOrder, plan=KEYS, force=st.booleans(), reason=TEXTS)
    | st.builds(RollbackOrder, wave=KEYS, reason=REASONS, plan=st.none() | KEYS)
)
SHOWN = PlanView.model_validate(plan())
RESULTS_OF_OPERATIONS = st.sampled_from([SHOWN, RollbackView.model_validate(rollback())]) | (
    st.builds(AppliedView, fingerprint=TEXTS, version=COUNTS)
)
OPERATIONS = st.builds(
    Operation,
    key=TEXTS,
    actor=TEXTS,
    requested_at=MOMENTS,
    order=ORDERS,
    state=st.sampled_from(OperationState),
    result=st.none() | RESULTS_OF_OPERATIONS,
    problem=TEXTS,
)
PLANS = st.builds(
    KeptPlan,
    fingerprint=TEXTS,
    document_text=TEXTS,
    planned_at=MOMENTS,
    actor=TEXTS,
    shown=st.just(SHOWN),
)


def back_and_forth[T](value: T) -> T:
    columns = JsonColumns(type(value), "Value")
    return columns.read(columns.of(value))


@settings(deadline=None)
@given(ROLLOUTS)
def test_a_rollout_comes_back_as_it_went_in(rollout: Rollout) -> None:
    assert back_and_forth(rollout) == rollout


@given(st.builds(Evaluation, MOMENTS, TEXTS, tuples(RESULTS), TEXTS))
def test_an_evaluation_comes_back_as_it_went_in(evaluation: Evaluation) -> None:
    assert back_and_forth(evaluation) == evaluation


@given(RECONCILIATIONS | SIGHTS | OPERATIONS | PLANS)
def test_whatever_else_is_stored_comes_back_as_it_went_in(value: Any) -> None:
    assert back_and_forth(value) == value


@pytest.fixture
def rollout() -> Rollout:
    document = Document(
        name="company",
        salt="salt",
        scope_group_id="5c09e000-0000-0000-0000-000000000001",
        topology=Topology.NESTED,
        population_group_ids=frozenset(),
        excluded_group_ids=frozenset(),
        excluded_attributes=(),
        excluded_object_ids=frozenset(),
        new_hires_since=None,
        balance=None,
        waves=(),
        additions=Limit(),
        removals=Limit(),
        on_removed_by_hand=DriftAction.REPORT,
        on_added_by_hand=DriftAction.REPORT,
        evaluate_every=timedelta(minutes=15),
        digest="d",
    )
    return planned(document, 1, datetime(2026, 3, 2, 8, tzinfo=UTC), actor="ada")


def naming(rollout: Rollout, people: int) -> Rollout:
    ids = frozenset(f"{number:036d}" for number in range(people))
    return replace(rollout, document=replace(rollout.document, excluded_object_ids=ids))


def test_a_rollout_that_names_5000_people_fits_into_a_row(rollout: Rollout) -> None:
    columns = JsonColumns(Rollout, "Rollout").of(naming(rollout, 5000))
    assert sum(len(text.encode("utf-16-le")) for text in columns.values()) < 500_000


def test_a_rollout_that_no_row_can_hold_is_refused_with_its_size(rollout: Rollout) -> None:
    with pytest.raises(InvalidMessage, match=r"\(body\): rollout: takes 1,\d\d\d,\d\d\d bytes"):
        JsonColumns(Rollout, "Rollout").of(naming(rollout, 15_000))


def test_what_was_stored_before_a_field_was_added_reads_as_its_default(rollout: Rollout) -> None:
    columns = JsonColumns(Rollout, "Rollout")
    stored = columns.of(rollout)
    older = {"Rollout0": stored["Rollout0"].replace('"tallies":{},', "")}
    assert older != stored
    assert columns.read(older) == rollout


PAUSE = Pause(
    PauseReason.GROUP_MISSING,
    "S-1-5",
    datetime(2026, 3, 2, 10, tzinfo=UTC),
    "rollout",
    Phase.SOAKING,
)


def test_the_word_that_a_missing_groups_pause_had_before_is_read() -> None:
    text = (
        '{"reason":"group-not-synced","detail":"S-1-5","at":"2026-03-02T10:00:00Z",'
        '"actor":"rollout","goes_on":"soaking"}'
    )
    (column,) = JsonColumns(Pause, "Pause").of(PAUSE)
    read = JsonColumns(Pause, "Pause").read({column: text})
    assert read == PAUSE
    assert "group-missing" in JsonColumns(Pause, "Pause").of(read)[column]
