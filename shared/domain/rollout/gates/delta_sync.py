"""The gate `deltaSync`: did the newest delta sync end well, and lately where people wait?"""

from datetime import datetime, timedelta

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
from shared.domain.rollout.gates.look import TIME, TO_BECOME_VISIBLE, Look
from shared.domain.rollout.gates.worker import because, doubt_of_the_topology, pass_without_worker
from shared.domain.rollout.measurements import WorkerSight


def _judge(gate: Gate, look: Look) -> Result:
    """Judges by the newest delta sync of any worker."""
    sights = [sight for sight in look.measured.workers if sight.sync_succeeded is not None]
    if not look.measured.needs_worker:
        return pass_without_worker(gate, len(sights))
    outcome, text = _outcome(gate, look, max(sights, key=_ended_at)) if sights else _UNHEARD
    hindered = [sight for sight in look.measured.workers if sight.hindrance]
    if hindered and outcome is not Outcome.FAILED:
        outcome, text = Outcome.INCONCLUSIVE, f"{text}; {_hindrance(hindered[0])}"
    return Result(gate=gate, outcome=outcome, value=None, sample=len(sights), text=text)


_UNHEARD = (Outcome.INCONCLUSIVE, "no hybrid worker tells of a delta sync that has ended")


def _outcome(gate: Gate, look: Look, newest: WorkerSight) -> tuple[Outcome, str]:
    """Decides what the newest delta sync comes to, and says it in words.

    A failure from before this phase is no news: were it held against the phase, a rollout could
    not be resumed after the cause was mended, since without writes no new cycle is asked for.
    """
    ended = _ended_at(newest)
    if newest.sync_succeeded:
        text = f"the newest delta sync succeeded at {ended:{TIME}}"
        is_news, news = ended >= look.now - gate.window, Outcome.PASSED
    else:
        text = f"the newest delta sync failed at {ended:{TIME}}{because(newest)}"
        is_news, news = ended >= look.since, Outcome.FAILED
    if is_news:
        return news, text
    if look.in_time(TO_BECOME_VISIBLE):
        waited_for = "that is too long ago to tell, and people wait for one"
        return Outcome.INCONCLUSIVE, f"{text}; {waited_for}"
    return Outcome.PASSED, f"{text}; nobody waits for another"


def _hindrance(sight: WorkerSight) -> str:
    """Says what keeps the next delta sync from ending well: with it no wave is begun."""
    since = f" since {sight.hindered_since:{TIME}}" if sight.hindered_since else ""
    return f"the next one is held up{since}: {sight.hindrance}"


def _ended_at(sight: WorkerSight) -> datetime:
    """Returns when the delta sync ended or, if the worker does not say, when it told of it."""
    return sight.sync_ended_at or sight.seen_at


def _condition(gate: Gate) -> str:
    return f"the newest delta sync ended well, within {duration_text(gate.window)}"


KIND = GateKind(
    name="deltaSync",
    meaning="Whether the newest delta sync ended well; passes where the topology needs no worker.",
    summary="The newest delta sync; null: no such gate.",
    standard=True,
    parameters=(
        FAILURE_LIMIT,
        INCONCLUSIVE_LIMIT,
        window(
            timedelta(hours=2),
            "How old it may be while people wait for one. Entra Connect runs every 30 minutes by "
            "itself.",
        ),
    ),
    judge=_judge,
    condition=_condition,
    unit=Unit.NOTHING,
    needs=frozenset({Need.WORKERS}),
    doubt=doubt_of_the_topology,
    guide=Guide(
        window="{} old at most while people wait",
        looks_at="the newest delta sync that has ended",
        passes="it succeeded within the window; or it is old news and nobody waits for another",
        fails="it failed, in this phase",
        inconclusive="none is known; or it is old news and people wait; or something holds "
        "up the next one",
        cause="the cycle failed or cannot be had",
        remedy="the problem in `sspr status`; [delta sync problems](#delta-sync-problems)",
    ),
)
