"""Documents, rollouts, gates and measurements for the tests of the domain."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.domain.person.enrolment import State
from shared.domain.person.policy import Topology
from shared.domain.rollout.calendar import Calendar
from shared.domain.rollout.document import Document, DriftAction, Limit, Selection, Share, Wave
from shared.domain.rollout.evaluation import evaluate
from shared.domain.rollout.gate import Evaluation, Gate, Outcome, Result
from shared.domain.rollout.gates.registry import GATES as KINDS
from shared.domain.rollout.measurements import Measurements, WorkerSight
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.state import Pause, PauseReason, Phase, Rollout

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday."""
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOAK = 2 * HOUR
LATER = NOW + 3 * HOUR
"""Three hours into the soak, or into whatever the phase is."""
TWENTIETH = Share(0.05)
CLOSED = Calendar(days=frozenset({6}))
"""Open on Sundays only."""


def gate(kind: str = "visible", **changes: Any) -> Gate:
    return replace(Gate(kind=kind, threshold=0.98, window=HOUR), **changes)


def wave(
    name: str,
    *gates: Gate,
    selection: Selection = TWENTIETH,
    calendar: Calendar | None = None,
    soak: timedelta = SOAK,
) -> Wave:
    return Wave(
        name=name,
        selection=selection,
        soak=soak,
        gates=gates,
        calendar=calendar or Calendar(),
    )


def document(*waves: Wave, **changes: Any) -> Document:
    given = Document(
        name="sspr",
        salt="salt",
        scope_group_id="5c09e000-0000-0000-0000-000000000001",
        topology=Topology.NESTED,
        population_group_ids=frozenset(),
        excluded_group_ids=frozenset(),
        excluded_attributes=(),
        excluded_object_ids=frozenset(),
        new_hires_since=None,
        balance=None,
        waves=waves,
        additions=Limit(),
        removals=Limit(),
        on_removed_by_hand=DriftAction.REPORT,
        on_added_by_hand=DriftAction.REPORT,
        evaluate_every=5 * MINUTE,
        digest="digest",
    )
    return replace(given, **changes)


PILOT, EARLY, ALL = wave("pilot", gate()), wave("early", gate()), wave("all", gate())
THREE = document(PILOT, EARLY, ALL)


def rollout(phase: Phase, of: Document = THREE, *, started: int = 1, **changes: Any) -> Rollout:
    """A rollout that entered the phase at `NOW`; paused, it goes on soaking unless told."""
    given = Rollout(
        document=of, version=1, phase=phase, since=NOW, actor="ada", reason="go", started=started
    )
    if phase is Phase.PAUSED:
        given = replace(given, pause=Pause(PauseReason.BY_OPERATOR, "", NOW, "ada", Phase.SOAKING))
    return replace(given, **changes)


def under(*gates: Gate, phase: Phase = Phase.SOAKING, **changes: Any) -> Rollout:
    """A rollout whose first wave has these gates, in that phase since `NOW`; one is to come."""
    return rollout(phase, document(wave("pilot", *gates), EARLY), **changes)


def measured(people: Mapping[State, int] | None = None, **changes: Any) -> Measurements:
    """Nothing to complain of; the people are within their deadlines."""
    given = Measurements(
        people={(state, False): count for state, count in (people or {}).items()},
        in_scope=0,
        resets=(),
        workers=(),
        needs_worker=True,
        overdue=0,
    )
    return replace(given, **changes)


def look(
    one: Gate, facts: Measurements, now: datetime = LATER, phase: Phase = Phase.SOAKING
) -> Result:
    """One look at one gate of a wave whose phase began at `NOW`."""
    (result,) = evaluate(under(one, phase=phase), facts, now).results
    return result


def late(state: State, count: int, **people: int) -> Measurements:
    """So many flagged in that state, and the others in time."""
    in_time = {(State(name), False): number for name, number in people.items()}
    return replace(measured(), people={(state, True): count, **in_time})


def resets(outcome: ResetOutcome, *times: datetime) -> tuple[Reset, ...]:
    """One reset at each of the times, each of another person."""
    return tuple(Reset(at, f"{outcome}-{number}", outcome) for number, at in enumerate(times))


def sight(seen_at: datetime, **changes: Any) -> WorkerSight:
    given = WorkerSight(
        worker="worker-1",
        seen_at=seen_at,
        directory_answers=True,
        sync_succeeded=None,
    )
    return replace(given, **changes)


def evaluation(of: Rollout, *outcomes: Outcome, at: datetime | None = None) -> Evaluation:
    """A look at the gates of the current wave that came out so, when the phase began."""
    assert of.wave is not None
    results = tuple(
        Result(gate=one, outcome=outcome, value=None, sample=0, text=f"it {outcome}")
        for one, outcome in zip(of.wave.gates, outcomes, strict=True)
    )
    return Evaluation(at or of.since, of.wave.name, results)


MOST_GATES = 4
MOMENTS = st.integers(0, 100 * 60).map(lambda minutes: NOW + minutes * MINUTE)
GATES = st.lists(
    st.builds(
        gate,
        st.sampled_from(list(KINDS)),
        failure_limit=st.integers(1, 3),
        inconclusive_limit=st.none() | st.integers(1, 3),
    ),
    min_size=1,
    max_size=MOST_GATES,
    unique_by=lambda one: one.kind,
).map(tuple)
DOCUMENTS = st.lists(
    st.builds(lambda gates, shut: (gates, CLOSED if shut else None), GATES, st.booleans()),
    min_size=1,
    max_size=4,
).map(
    lambda waves: document(
        *(
            wave(f"wave {number}", *gates, calendar=calendar)
            for number, (gates, calendar) in enumerate(waves)
        )
    )
)
