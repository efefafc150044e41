"""The progress of waves: what the gates, the clock and an operator's word make of a rollout."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.domain.errors import NotPossible
from shared.domain.rollout.gate import Evaluation, Outcome, Result
from shared.domain.rollout.state import PauseReason, Phase, Rollout, Tally, pause

_CLOCK = "clock"
_LOOKED_AT = frozenset({Phase.PROGRESSING, Phase.SOAKING})
"""Phases in which the gates are looked at."""
_TIME: Final = "%Y-%m-%d %H:%M UTC"


class MoveKind(StrEnum):
    """What is to be done with a rollout next."""

    WAIT = "wait"
    BEGIN_WAVE = "begin-wave"
    EXPAND = "expand"
    """Go on putting the current wave's people in."""
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Move:
    """The next thing to do, and why, in words for people."""

    kind: MoveKind
    text: str
    until: datetime | None = None
    """When to look again, where time is all that is waited for."""


def is_evaluation_due(rollout: Rollout, now: datetime) -> bool:
    """Tells whether the gates of the current wave are to be looked at now."""
    if rollout.phase not in _LOOKED_AT or rollout.wave is None or not rollout.wave.gates:
        return False
    return now >= _next_look(rollout)


def _next_look(rollout: Rollout) -> datetime:
    last = rollout.evaluated_at
    return rollout.since if last is None else last + rollout.document.evaluate_every


def soak_ends(rollout: Rollout) -> datetime | None:
    """Returns when the current wave's soak is over.

    It is None if no soak is under way, or if none matters any more. A paused wave soaks from the
    pause on: its people stay in scope meanwhile, and how long it had soaked before is forgotten, as
    it is on resuming.
    """
    if rollout.wave is None or rollout.promoted or _onward_phase(rollout) is not Phase.SOAKING:
        return None
    return rollout.since + rollout.wave.soak


def judge(rollout: Rollout, evaluation: Evaluation, now: datetime) -> Rollout:
    """Counts a look at the gates into the tallies, or pauses the rollout for a gate at its limit.

    "In a row" means without a pass in between: a gate that fails every other time, and has too
    little to go by in between, is not well. Results that are inconclusive count once the soak is
    over. A look at another wave or from before this phase changes nothing, and if an operator has
    promoted the wave, no gate pauses it: their word stands in the place of the gates.
    """
    if not _tells_of(rollout, evaluation):
        return rollout
    ends = soak_ends(rollout)
    is_soaked = ends is not None and now >= ends
    tallies = {
        result.gate.kind: _tallied(rollout, result, is_soaked=is_soaked)
        for result in evaluation.results
    }
    looked_at = replace(rollout, tallies=tallies, evaluated_at=evaluation.at)
    if rollout.promoted:
        return looked_at
    for why, is_at_limit in (
        (PauseReason.GATE_FAILED, _is_at_failure_limit),
        (PauseReason.GATE_INCONCLUSIVE, _is_at_inconclusive_limit),
    ):
        for result in evaluation.results:
            if is_at_limit(result, tallies):
                detail = _said(result)
                return pause(looked_at, why, now, actor=_CLOCK, detail=detail)
    return looked_at


def _tells_of(rollout: Rollout, evaluation: Evaluation) -> bool:
    """Tells whether the look was at this wave in this phase, at its gates as they are now."""
    wave = rollout.wave
    return (
        wave is not None
        and rollout.phase in _LOOKED_AT
        and evaluation.wave == wave.name
        and evaluation.at >= rollout.since
        and tuple(result.gate for result in evaluation.results) == wave.gates
    )


def _tallied(rollout: Rollout, result: Result, *, is_soaked: bool) -> Tally:
    tally = rollout.tallies.get(result.gate.kind, Tally())
    match result.outcome:
        case Outcome.PASSED:
            return Tally()
        case Outcome.FAILED:
            return replace(tally, failures=tally.failures + 1)
        case Outcome.INCONCLUSIVE:
            return replace(tally, inconclusive=tally.inconclusive + is_soaked)


def _is_at_failure_limit(result: Result, tallies: Mapping[str, Tally]) -> bool:
    failures = tallies[result.gate.kind].failures
    return result.outcome is Outcome.FAILED and failures >= result.gate.failure_limit


def _is_at_inconclusive_limit(result: Result, tallies: Mapping[str, Tally]) -> bool:
    limit, times = result.gate.inconclusive_limit, tallies[result.gate.kind].inconclusive
    return result.outcome is Outcome.INCONCLUSIVE and limit is not None and times >= limit


def _said(result: Result) -> str:
    verb = "failed" if result.outcome is Outcome.FAILED else "is inconclusive"
    return f"gate {result.gate.kind} {verb}: {result.text}"


def next_move(
    rollout: Rollout, evaluation: Evaluation | None, now: datetime, *, awaited: int = 0
) -> Move:
    """Decides what the clock makes of the rollout, given the newest look at its gates.

    Args:
        rollout: Where it is.
        evaluation: That look; None where there was none.
        now: The time, in UTC.
        awaited: How many people the wave that is being put in waits for, where that is known.
    """
    match rollout.phase:
        case Phase.PLANNED:
            return _onward(rollout, now, "the rollout has been applied")
        case Phase.PROGRESSING:
            text = f"wave {_wave_name(rollout)} is being put in{_awaits(awaited)}"
            return Move(MoveKind.EXPAND, text)
        case Phase.SOAKING if rollout.promoted:
            return _onward(rollout, now, _promoted(rollout.actor, rollout.reason))
        case Phase.SOAKING:
            waits = _unfinished(rollout, evaluation, now)
            done = f"wave {_wave_name(rollout)} has soaked and passed its gates"
            return waits or _onward(rollout, now, done)
        case Phase.PAUSED | Phase.ABORTED | Phase.COMPLETED:
            return Move(MoveKind.WAIT, _standstill(rollout))


def _unfinished(rollout: Rollout, evaluation: Evaluation | None, now: datetime) -> Move | None:
    """Returns what the current wave still has to wait for, or None if it has soaked and passed."""
    ends = soak_ends(rollout)
    if ends is not None and now < ends:
        return Move(MoveKind.WAIT, f"wave {_wave_name(rollout)} soaks until {ends:{_TIME}}", ends)
    if rollout.wave is None or not rollout.wave.gates:
        return None
    if evaluation is None or not _tells_of(rollout, evaluation):
        look = _next_look(rollout)
        return Move(MoveKind.WAIT, f"the gates are looked at again at {look:{_TIME}}", look)
    short = [_said(one) for one in evaluation.results if one.outcome is not Outcome.PASSED]
    return Move(MoveKind.WAIT, "; ".join(short)) if short else None


def _onward(rollout: Rollout, now: datetime, why: str) -> Move:
    """Decides to begin the next wave, wait for its calendar to open, or end after the last one."""
    wave = rollout.next_wave
    if wave is None:
        return Move(MoveKind.COMPLETE, why)
    closed = wave.calendar.closed_because(now)
    if closed is not None:
        text = f"wave {wave.name} waits; closed: {closed}"
        return Move(MoveKind.WAIT, text, wave.calendar.next_opening(now))
    return Move(MoveKind.BEGIN_WAVE, why)


def promote(
    rollout: Rollout,
    now: datetime,
    *,
    actor: str,
    reason: str,
    skip_soak: bool,
    awaited: int = 0,
) -> Move:
    """Decides what an operator's word in place of the gates leads to, once the calendar is open.

    Args:
        rollout: Where it is.
        now: The time, in UTC.
        actor: Whose word it is.
        reason: Why, for people.
        skip_soak: Whether it holds before the soak is over, too.
        awaited: As `next_move` takes it.

    Raises:
        NotPossible: no reason is given, the wave still soaks, or nothing is there to promote;
            the text says what to do instead.
    """
    if not reason.strip():
        raise NotPossible("reason: promoting past the gates needs one; it is kept in the audit")
    _refuse_promotion(rollout, awaited)
    ends = soak_ends(rollout)
    if not skip_soak and ends is not None and now < ends:
        raise NotPossible(
            f"wave {_wave_name(rollout)} soaks until {ends:{_TIME}}; wait, or skip the soak"
        )
    kind = MoveKind.BEGIN_WAVE if rollout.next_wave else MoveKind.COMPLETE
    return Move(kind, _promoted(actor, reason.strip()))


def _promoted(actor: str, reason: str) -> str:
    return f"promoted by {actor}: {reason}"


def _refuse_promotion(rollout: Rollout, awaited: int) -> None:
    """Raises an error with what to do instead, unless the wave soaks or would on resuming."""
    if rollout.phase is Phase.ABORTED:
        raise NotPossible("the rollout is aborted; restart it, or apply another document")
    if rollout.rolled_back:
        out = ", ".join(sorted(rollout.rolled_back))
        raise NotPossible(f"{out}: rolled back; resume to put its people in again, then promote")
    match _onward_phase(rollout):
        case Phase.PLANNED:
            raise NotPossible("no wave has begun; the first begins when its calendar is open")
        case Phase.PROGRESSING if rollout.phase is Phase.PAUSED:
            raise NotPossible(f"wave {_wave_name(rollout)} is not all in yet; resume first")
        case Phase.PROGRESSING:
            raise NotPossible(
                f"wave {_wave_name(rollout)} is still being put in{_awaits(awaited)}; "
                "promote once it soaks"
            )
        case Phase.COMPLETED:
            raise NotPossible("the rollout is completed; apply a document with another wave")


def _awaits(people: int) -> str:
    """Says for whom a wave waits, as the end of a sentence, or returns nothing."""
    if not people:
        return ""
    who = "1 person" if people == 1 else f"{people:,} people"
    return (
        f", and waits for {who} still on the way out, until they are out or flagged as late "
        "(sspr people --state withdrawing; sspr user)"
    )


def _onward_phase(rollout: Rollout) -> Phase:
    """Returns the phase or, while the rollout is paused, that in which it goes on."""
    return rollout.pause.goes_on if rollout.pause else rollout.phase


def _wave_name(rollout: Rollout) -> str:
    return rollout.wave.name if rollout.wave else ""


def _standstill(rollout: Rollout) -> str:
    if rollout.pause:
        return f"paused: {rollout.pause.detail or rollout.pause.reason.text}"
    return f"{rollout.phase} by {rollout.actor}" + (f": {rollout.reason}" if rollout.reason else "")
