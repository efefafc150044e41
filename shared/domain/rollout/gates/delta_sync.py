"""Entra Connect, as the gate `sync` judges it: by the newest delta sync that a worker tells of."""

from datetime import datetime

from shared.domain.rollout.gate import Gate, Outcome
from shared.domain.rollout.gates.look import TIME, TO_BECOME_VISIBLE, Look
from shared.domain.rollout.gates.worker import because
from shared.domain.rollout.measurements import WorkerSight


def judge_delta_sync(gate: Gate, look: Look) -> tuple[Outcome, str]:
    """Decides what the newest delta sync of any worker comes to, and what holds up the next one."""
    sights = [sight for sight in look.measured.workers if sight.sync_succeeded is not None]
    outcome, text = _outcome(gate, look, max(sights, key=_ended_at)) if sights else _UNHEARD
    hindered = [sight for sight in look.measured.workers if sight.hindrance]
    if hindered and outcome is not Outcome.FAILED:
        return Outcome.INCONCLUSIVE, f"{text}; {_hindrance(hindered[0])}"
    return outcome, text


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
