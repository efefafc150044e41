"""The gate `resettable`: could the wave's people reset a password by the time the window is over?

It asks for more than `registered`: the methods must count today. Whoever could and no longer can
counts as not there, so a day on which methods end makes it fail.
"""

from shared.domain.durations import duration_text
from shared.domain.rollout.gate import Gate, Result
from shared.domain.rollout.gates import shares
from shared.domain.rollout.gates.kind import GateKind, Guide, Sample
from shared.domain.rollout.gates.look import RESETTABLE, Look


def _judge(gate: Gate, look: Look) -> Result:
    return shares.judge_in_window(gate, look, RESETTABLE, word="able to reset")


def _condition(gate: Gate) -> str:
    within = duration_text(gate.window)
    return f"{shares.share_text(gate)} of its people able to reset a password within {within}"


KIND = GateKind(
    name="resettable",
    meaning="The share of the wave's people who could reset a password by the methods they have "
    "registered, judged once the window is over.",
    summary="People who could reset a password today; {} for its defaults.",
    standard=False,
    parameters=shares.IN_A_WINDOW,
    judge=_judge,
    condition=_condition,
    sample=Sample.WAVE,
    doubt=shares.doubt_of_the_wave,
    guide=Guide(
        threshold="at least {}",
        window="{} from the soak's begin",
        looks_at="those whose registered methods count today",
        passes="the share is reached",
        fails="it is not when the window, counted from the soak's begin, is over",
        inconclusive="it may still be reached",
        cause="people register a method that does not count, such as a passkey, or none; or one "
        "has ended",
        remedy="`sspr forecast` says who and why; ask them to register another method",
    ),
)
