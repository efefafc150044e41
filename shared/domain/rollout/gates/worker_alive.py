"""The gate `workerAlive`: has the hybrid worker been heard of lately, and does AD answer it?"""

from datetime import timedelta

from shared.domain.durations import duration_text
from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates.kind import (
    FAILURE_LIMIT,
    INCONCLUSIVE_LIMIT,
    GateKind,
    Guide,
    Need,
    Unit,
    window,
)
from shared.domain.rollout.gates.look import TIME, Look
from shared.domain.rollout.gates.worker import because, doubt_of_the_topology, pass_without_worker


def _judge(gate: Gate, look: Look) -> Result:
    """Judges by the newest heartbeat.

    A worker that was never heard of has a window to show up.
    """
    sights = look.measured.workers
    if not look.measured.needs_worker:
        return pass_without_worker(gate, len(sights))
    if not sights:
        deadline = look.since + gate.window
        text = f"no hybrid worker has ever been heard of; one is expected by {deadline:{TIME}}"
        outcome = Outcome.FAILED if look.now >= deadline else Outcome.INCONCLUSIVE
        return Result(gate=gate, outcome=outcome, value=None, sample=0, text=text)
    newest = max(sights, key=lambda sight: sight.seen_at)
    text = f"hybrid worker {newest.worker} was last heard of at {newest.seen_at:{TIME}}"
    earliest = look.now - gate.window
    outcome = Outcome.FAILED
    if newest.seen_at < earliest:
        text += f", not since {earliest:{TIME}}"
    elif not newest.directory_answers:
        text += f"; Active Directory does not answer it{because(newest)}"
    else:
        text += "; Active Directory answers it"
        outcome = Outcome.PASSED
    return Result(gate=gate, outcome=outcome, value=None, sample=len(sights), text=text)


def _condition(gate: Gate) -> str:
    return f"the hybrid worker heard of within {duration_text(gate.window)}"


KIND = GateKind(
    name="workerAlive",
    meaning="How long the hybrid worker may be silent; passes where the topology needs no worker.",
    summary="The hybrid worker's silence; null: no such gate.",
    standard=True,
    parameters=(
        FAILURE_LIMIT,
        INCONCLUSIVE_LIMIT,
        window(
            timedelta(minutes=10), "The longest silence. The worker reports about once a minute."
        ),
    ),
    judge=_judge,
    watch=_judge,
    condition=_condition,
    unit=Unit.NOTHING,
    needs=frozenset({Need.WORKERS}),
    doubt=doubt_of_the_topology,
    guide=Guide(
        window="silent for {} at most",
        looks_at="the hybrid worker's newest heartbeat",
        passes="not older than the window, and AD answers it",
        fails="older, or AD is silent",
        inconclusive="none was ever heard of; fails after the window",
        cause="see the alarm",
        remedy="[worker-silent](#worker-silent)",
    ),
)
