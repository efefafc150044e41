"""Entra Connect, as the gate `sync` judges it: by the newest delta sync that a worker tells of."""

from datetime import datetime

from shared.domain.rollout.gate import Gate, Outcome
from shared.domain.rollout.gates.look import TIME, TO_BECOME_VISIBLE, Look
from shared.domain.rollout.gates.worker import because
from shared.domain.rollout.measurements import WorkerSight


def judge_delta_sync(gate: Gate, look: Look) -> tuple[Outcome, str]:
    """Decides what the newest delta sync of any worker comes to, and says it in words.

    A failure from before this phase is no news: were it held against the phase, a rollout could
    not be resumed after the cause was mended, since without writes no new cycle is asked for.
    """
    sights = [sight for sight in look.measured.workers if sight.sync_succeeded is not None]
    if not sights:
        return Outcome.INCONCLUSIVE, "no hybrid worker tells of a delta sync that has ended"
    newest = max(sights, key=_ended_at)
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


def _ended_at(sight: WorkerSight) -> datetime:
    """Returns when the delta sync ended or, if the worker does not say, when it told of it."""
    return sight.sync_ended_at or sight.seen_at
