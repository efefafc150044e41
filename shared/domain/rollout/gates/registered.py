"""The gate `registered`: have the wave's people registered by the time the window is over?"""

from shared.domain.durations import duration_text
from shared.domain.rollout.gate import Gate, Result
from shared.domain.rollout.gates import shares
from shared.domain.rollout.gates.kind import GateKind, Guide, Sample
from shared.domain.rollout.gates.look import REGISTERED, Look


def _judge(gate: Gate, look: Look) -> Result:
    return shares.judge_in_window(gate, look, REGISTERED, word="registered")


def _condition(gate: Gate) -> str:
    return f"{shares.share_text(gate)} of its people registered within {duration_text(gate.window)}"


KIND = GateKind(
    name="registered",
    meaning="The share of the wave's people who have registered, judged once the window is over.",
    summary="People who have registered; {} for its defaults.",
    standard=False,
    parameters=shares.IN_A_WINDOW,
    judge=_judge,
    condition=_condition,
    sample=Sample.WAVE,
    doubt=shares.doubt_of_the_wave,
    guide=Guide(
        threshold="at least {}",
        window="{} from the soak's begin",
        looks_at="those who have registered",
        passes="the share is reached",
        fails="it is not when the window, counted from the soak's begin, is over",
        inconclusive="it may still be reached",
        cause="people do not register",
        remedy="announce it; a longer `window`; a lower threshold",
    ),
)
