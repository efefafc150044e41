"""What gates on a share have in common: at least so many of the wave, or at most so many."""

from collections.abc import Collection
from datetime import datetime, timedelta

from shared.domain.person.enrolment import State
from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates.kind import (
    INCONCLUSIVE_LIMIT,
    Prospect,
    failure_limit,
    minimum_sample,
    threshold,
    window,
)
from shared.domain.rollout.gates.look import JUDGED, TIME, Look
from shared.domain.rollout.state import Phase

SAMPLE_OF_THE_WAVE = minimum_sample(
    1, "With fewer people in the wave the gate is inconclusive. 0: a wave of nobody passes."
)
IN_A_WINDOW = (
    failure_limit(1, "So many failures in a row pause the rollout."),
    INCONCLUSIVE_LIMIT,
    threshold(0.5, "At least this share, from 0 to 1."),
    SAMPLE_OF_THE_WAVE,
    window(timedelta(days=3), "How long people have, counted from when the wave's soak began."),
)
"""The parameters of a gate on what people do themselves within a window: see `judge_in_window`."""
_ROUNDING = 1e-6
"""Of a person: far more than a float is off by when a share is taken of a million people."""


def judge_floor(
    gate: Gate,
    look: Look,
    reached: Collection[State],
    possible: int,
    *,
    word: str,
    deadline: datetime | None = None,
) -> Result:
    """Judges the share of the wave that is there already, and the most that it can still become."""
    count, sample = look.people(reached), look.people(JUDGED)
    if sample < gate.minimum_sample:
        text = f"{people_are(sample)} in the wave; {gate.minimum_sample:,} are needed to judge"
        return _result(gate, Outcome.INCONCLUSIVE, None, sample, text)
    if not sample:
        return _result(gate, Outcome.PASSED, None, 0, f"nobody in the wave has to be {word}")
    needed = gate.threshold * sample - _ROUNDING
    text = f"{_percent_down(count, sample, gate)} of {people_are(sample)} {word}"
    if count >= needed:
        outcome = Outcome.PASSED
    else:
        outcome = Outcome.FAILED if count + possible < needed else Outcome.INCONCLUSIVE
        text += f", {possible:,} more may still be" if possible else ""
    text += f"; {_threshold(gate)} are needed"
    text += f" by {deadline:{TIME}}" if deadline else ""
    return _result(gate, outcome, count / sample, sample, text)


def judge_in_window(gate: Gate, look: Look, reached: Collection[State], *, word: str) -> Result:
    """Judges the share of the wave that is there by the time the window is over.

    The window opens with the soak, and until it is over anybody may still get there.
    """
    deadline = look.since + gate.window if look.phase is Phase.SOAKING else None
    is_open = deadline is None or look.now < deadline
    possible = look.people(JUDGED - frozenset(reached)) if is_open else 0
    return judge_floor(gate, look, reached, possible, word=word, deadline=deadline)


def judge_ceiling(gate: Gate, count: int, sample: int, them: str, what: str) -> Result:
    """Judges the share of `them` of whom `what` is true."""
    if not sample and (gate.quiet_passes or not gate.minimum_sample):
        return _result(gate, Outcome.PASSED, None, 0, them)
    if sample < gate.minimum_sample and not (gate.quiet_passes and not count):
        few = f"{count:,} of {them} {what}" if gate.quiet_passes else them
        text = f"{few}; {gate.minimum_sample:,} are needed to judge"
        return _result(gate, Outcome.INCONCLUSIVE, None, sample, text)
    outcome = Outcome.PASSED if count <= gate.threshold * sample + _ROUNDING else Outcome.FAILED
    text = f"{_percent_up(count, sample, gate)} of {them} {what}; at most {_threshold(gate)} may"
    return _result(gate, outcome, count / sample, sample, text)


def doubt_of_the_wave(gate: Gate, prospect: Prospect) -> str | None:
    """Says that a wave is too small to be judged by its people; returns None if it is not."""
    if prospect.adds >= gate.minimum_sample:
        return None
    return (
        f"needs {gate.minimum_sample} people and the wave adds {prospect.adds}; "
        "it stays inconclusive and never promotes"
    )


def share_text(gate: Gate) -> str:
    """Writes the threshold as a percentage, as short as it can be."""
    return f"{gate.threshold * 100:g} %"


def people_are(count: int) -> str:
    """Writes so many people with the verb, such as `3 people are`."""
    return f"{count:,} {'person is' if count == 1 else 'people are'}"


def people_have(count: int) -> str:
    """Writes so many people with the verb, such as `3 people have`."""
    return f"{count:,} {'person has' if count == 1 else 'people have'}"


def _result(gate: Gate, outcome: Outcome, value: float | None, sample: int, text: str) -> Result:
    return Result(gate=gate, outcome=outcome, value=value, sample=sample, text=text)


def _decimals(gate: Gate) -> int:
    """Returns how many decimals the threshold's percentage has, at least 1."""
    return len(f"{gate.threshold * 100:.6f}".rstrip("0").partition(".")[2]) or 1


def _threshold(gate: Gate) -> str:
    return f"{gate.threshold * 100:.{_decimals(gate)}f} %"


def _percent_down(count: int, sample: int, gate: Gate) -> str:
    """Writes a percentage, rounded down, so that what misses a floor never reads as a pass."""
    scale = 10 ** _decimals(gate)
    return f"{count * 100 * scale // sample / scale:.{_decimals(gate)}f} %"


def _percent_up(count: int, sample: int, gate: Gate) -> str:
    """Writes a percentage, rounded up, so that what goes beyond a ceiling never reads as a pass."""
    scale = 10 ** _decimals(gate)
    return f"{-(-count * 100 * scale // sample) / scale:.{_decimals(gate)}f} %"
