"""The evaluation: what each gate of the current wave says of the facts, and why."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.errors import NotPossible
from shared.domain.person.enrolment import State
from shared.domain.rollout.gate import Evaluation, Gate, GateKind, Outcome, Result
from shared.domain.rollout.measurements import Measurements, WorkerSight
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.state import Phase, Rollout

_REGISTERED = frozenset({State.REGISTERED})
_EFFECTIVE = _REGISTERED | {State.EFFECTIVE}
_VISIBLE = _EFFECTIVE | {State.VISIBLE}
_TO_BECOME_VISIBLE = frozenset({State.REQUESTED, State.APPLIED})
_TO_BECOME_EFFECTIVE = _TO_BECOME_VISIBLE | {State.VISIBLE}
_JUDGED = _VISIBLE | _TO_BECOME_VISIBLE | {State.FAILED}
"""Nobody can be expected to show up who waits for the hire date, is kept out, or is leaving."""
_WRITTEN_BACK = frozenset({ResetOutcome.SUCCEEDED, ResetOutcome.WRITEBACK_FAILED})
_ROUNDING = 1e-6
"""Of a person: far more than a float is off by when a share is taken of a million people."""
_TIME: Final = "%Y-%m-%d %H:%M UTC"
_NO_WORKER_NEEDED = "no AD group in this topology"
_NO_SYNC = "no hybrid worker tells of a delta sync that has ended"


def evaluate(rollout: Rollout, measured: Measurements, now: datetime) -> Evaluation:
    """Look at every gate of the current wave.

    Raises:
        NotPossible: no wave has begun.
    """
    if rollout.wave is None:
        raise NotPossible(f"the rollout is {rollout.phase}; no wave has begun whose gates to judge")
    look = _Look(rollout, measured, now)
    results = tuple(_JUDGES[gate.kind](gate, look) for gate in rollout.wave.gates)
    return Evaluation(now, rollout.wave.name, results)


@dataclass(frozen=True, slots=True)
class _Look:
    """What one look at the gates goes by."""

    rollout: Rollout
    measured: Measurements
    now: datetime

    @property
    def since(self) -> datetime:
        """What happened before this phase is another phase's, or was mended before a resume."""
        return self.rollout.since

    def people(self, states: Collection[State]) -> int:
        return sum(n for (state, _), n in self.measured.people.items() if state in states)

    def in_time(self, states: Collection[State]) -> int:
        """Those in these states who are not flagged as late."""
        return sum(self.measured.people.get((state, False), 0) for state in states)

    def start(self, gate: Gate) -> datetime:
        return max(self.now - gate.window, self.since)

    def resets(self, gate: Gate, outcomes: Collection[ResetOutcome]) -> list[Reset]:
        start = self.start(gate)
        return [
            reset
            for reset in self.measured.resets
            if start <= reset.at <= self.now and reset.outcome in outcomes
        ]


def _visible(gate: Gate, look: _Look) -> Result:
    possible = look.in_time(_TO_BECOME_VISIBLE)
    return _floor(gate, look, _VISIBLE, possible, word="visible")


def _effective(gate: Gate, look: _Look) -> Result:
    possible = look.in_time(_TO_BECOME_EFFECTIVE)
    return _floor(gate, look, _EFFECTIVE, possible, word="effective")


def _registered(gate: Gate, look: _Look) -> Result:
    """Anybody may register until the window, which opens with the soak, is over."""
    deadline = look.since + gate.window if look.rollout.phase is Phase.SOAKING else None
    is_open = deadline is None or look.now < deadline
    possible = look.people(_JUDGED - _REGISTERED) if is_open else 0
    return _floor(gate, look, _REGISTERED, possible, word="registered", deadline=deadline)


def _floor(
    gate: Gate,
    look: _Look,
    reached: Collection[State],
    possible: int,
    *,
    word: str,
    deadline: datetime | None = None,
) -> Result:
    """Judge the share that is there already, and the most that it can still become."""
    count, sample = look.people(reached), look.people(_JUDGED)
    if sample < gate.minimum_sample:
        text = f"{_people(sample)} in the wave; {gate.minimum_sample:,} are needed to judge"
        return _result(gate, Outcome.INCONCLUSIVE, None, sample, text)
    if not sample:
        return _result(gate, Outcome.PASSED, None, 0, f"nobody in the wave has to be {word}")
    needed = gate.threshold * sample - _ROUNDING
    text = f"{_percent(count, sample, gate)} of {_people(sample)} {word}"
    if count >= needed:
        outcome = Outcome.PASSED
    else:
        outcome = Outcome.FAILED if count + possible < needed else Outcome.INCONCLUSIVE
        text += f", {possible:,} more may still be" if possible else ""
    text += f"; {_threshold(gate)} are needed"
    text += f" by {deadline:{_TIME}}" if deadline else ""
    return _result(gate, outcome, count / sample, sample, text)


def _writeback_failures(gate: Gate, look: _Look) -> Result:
    resets = look.resets(gate, _WRITTEN_BACK)
    failures = sum(reset.outcome is ResetOutcome.WRITEBACK_FAILED for reset in resets)
    noun = "reset" if len(resets) == 1 else "resets"
    them = f"{len(resets):,} {noun} since {look.start(gate):{_TIME}}"
    return _ceiling(gate, failures, len(resets), them, "could not be written to AD")


def _blocked_resets(gate: Gate, look: _Look) -> Result:
    blocked = {reset.object_id for reset in look.resets(gate, {ResetOutcome.BLOCKED})}
    sample = look.measured.in_scope
    them = f"{sample:,} {'person' if sample == 1 else 'people'} in scope"
    what = f"met a refused reset since {look.start(gate):{_TIME}}"
    return _ceiling(gate, len(blocked), sample, them, what)


def _ceiling(gate: Gate, count: int, sample: int, them: str, what: str) -> Result:
    """Judge the share of `them` of whom `what` is true."""
    if sample < gate.minimum_sample:
        text = f"{them}; {gate.minimum_sample:,} are needed to judge"
        return _result(gate, Outcome.INCONCLUSIVE, None, sample, text)
    if not sample:
        return _result(gate, Outcome.PASSED, None, 0, them)
    outcome = Outcome.PASSED if count <= gate.threshold * sample + _ROUNDING else Outcome.FAILED
    text = f"{_percent(count, sample, gate)} of {them} {what}; at most {_threshold(gate)} may"
    return _result(gate, outcome, count / sample, sample, text)


def _worker_alive(gate: Gate, look: _Look) -> Result:
    """By the newest sign of life; a worker that was never heard of has a window to show up."""
    sights = look.measured.workers
    if not look.measured.needs_worker:
        return _result(gate, Outcome.PASSED, None, len(sights), _NO_WORKER_NEEDED)
    if not sights:
        deadline = look.since + gate.window
        text = f"no hybrid worker has ever been heard of; one is expected by {deadline:{_TIME}}"
        outcome = Outcome.FAILED if look.now >= deadline else Outcome.INCONCLUSIVE
        return _result(gate, outcome, None, 0, text)
    newest = max(sights, key=lambda sight: sight.seen_at)
    text = f"hybrid worker {newest.worker} was last heard of at {newest.seen_at:{_TIME}}"
    earliest = look.now - gate.window
    if newest.seen_at < earliest:
        text += f", not since {earliest:{_TIME}}"
        return _result(gate, Outcome.FAILED, None, len(sights), text)
    if not newest.directory_answers:
        text += f"; Active Directory does not answer it{_because(newest)}"
        return _result(gate, Outcome.FAILED, None, len(sights), text)
    text += "; Active Directory answers it"
    return _result(gate, Outcome.PASSED, None, len(sights), text)


def _delta_sync(gate: Gate, look: _Look) -> Result:
    """By the newest cycle of any worker.

    A failure from before this phase is no news: were it held against the phase, a rollout could
    not be resumed after the cause was mended, since without writes no new cycle is asked for.
    """
    sights = [one for one in look.measured.workers if one.sync_succeeded is not None]
    if not look.measured.needs_worker:
        return _result(gate, Outcome.PASSED, None, len(sights), _NO_WORKER_NEEDED)
    if not sights:
        return _result(gate, Outcome.INCONCLUSIVE, None, 0, _NO_SYNC)
    newest = max(sights, key=_sync_ended_at)
    ended = _sync_ended_at(newest)
    if newest.sync_succeeded:
        text = f"the newest delta sync succeeded at {ended:{_TIME}}"
        is_news, news = ended >= look.now - gate.window, Outcome.PASSED
    else:
        text = f"the newest delta sync failed at {ended:{_TIME}}{_because(newest)}"
        is_news, news = ended >= look.since, Outcome.FAILED
    if is_news:
        return _result(gate, news, None, len(sights), text)
    if look.in_time(_TO_BECOME_VISIBLE):
        text += "; that is too long ago to tell, and people wait for one"
        return _result(gate, Outcome.INCONCLUSIVE, None, len(sights), text)
    text += "; nobody waits for another"
    return _result(gate, Outcome.PASSED, None, len(sights), text)


def _backlog(gate: Gate, look: _Look) -> Result:
    overdue = look.measured.overdue
    outcome = Outcome.FAILED if overdue > gate.threshold else Outcome.PASSED
    text = f"{_people(overdue)} overdue to be written; at most {gate.threshold:,.0f} may be"
    return _result(gate, outcome, overdue, overdue, text)


_JUDGES: Mapping[GateKind, Callable[[Gate, _Look], Result]] = {
    GateKind.VISIBLE: _visible,
    GateKind.EFFECTIVE: _effective,
    GateKind.REGISTERED: _registered,
    GateKind.WRITEBACK_FAILURES: _writeback_failures,
    GateKind.BLOCKED_RESETS: _blocked_resets,
    GateKind.WORKER_ALIVE: _worker_alive,
    GateKind.DELTA_SYNC: _delta_sync,
    GateKind.BACKLOG: _backlog,
}


def _result(gate: Gate, outcome: Outcome, value: float | None, sample: int, text: str) -> Result:
    return Result(gate=gate, outcome=outcome, value=value, sample=sample, text=text)


def _sync_ended_at(sight: WorkerSight) -> datetime:
    """When it ended; where the worker does not say, when it told of it."""
    return sight.sync_ended_at or sight.seen_at


def _because(sight: WorkerSight) -> str:
    return f": {sight.problem}" if sight.problem else ""


def _people(count: int) -> str:
    return f"{count:,} {'person is' if count == 1 else 'people are'}"


def _decimals(gate: Gate) -> int:
    """As many as the threshold's percentage has, at least one."""
    return len(f"{gate.threshold * 100:.6f}".rstrip("0").partition(".")[2]) or 1


def _threshold(gate: Gate) -> str:
    return f"{gate.threshold * 100:.{_decimals(gate)}f} %"


def _percent(count: int, sample: int, gate: Gate) -> str:
    """Rounded down below a floor and up above a ceiling, so that a miss never reads as a pass."""
    scale = 10 ** _decimals(gate)
    parts = count * 100 * scale
    rounded = parts // sample if gate.kind.is_floor else -(-parts // sample)
    return f"{rounded / scale:.{_decimals(gate)}f} %"
