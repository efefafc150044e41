"""The gate `effective`: does the registration report show the wave's people as enabled?"""

from shared.domain.rollout.gate import Gate, Result
from shared.domain.rollout.gates import shares
from shared.domain.rollout.gates.kind import (
    FAILURE_LIMIT,
    INCONCLUSIVE_LIMIT,
    GateKind,
    Guide,
    Sample,
    threshold,
)
from shared.domain.rollout.gates.look import EFFECTIVE, TO_BECOME_EFFECTIVE, Look


def _judge(gate: Gate, look: Look) -> Result:
    possible = look.in_time(TO_BECOME_EFFECTIVE)
    return shares.judge_floor(gate, look, EFFECTIVE, possible, word="effective")


def _condition(gate: Gate) -> str:
    share = shares.share_text(gate)
    return f"{share} of its people shown as enabled by the registration report"


KIND = GateKind(
    name="effective",
    meaning="The share of the wave's people whom the registration report shows as enabled for "
    "SSPR.",
    summary="People enabled by the registration report; null: none.",
    standard=True,
    parameters=(
        FAILURE_LIMIT,
        INCONCLUSIVE_LIMIT,
        threshold(
            0.9,
            "At least this share, from 0 to 1. The report lags by hours and misses a few, hence "
            "less than for visible.",
        ),
        shares.SAMPLE_OF_THE_WAVE,
    ),
    judge=_judge,
    condition=_condition,
    sample=Sample.WAVE,
    doubt=shares.doubt_of_the_wave,
    guide=Guide(
        threshold="at least {}; the registration report lags",
        window="each has a deadline",
        looks_at="those whom the registration report shows as enabled",
        passes="the share is reached",
        fails="it cannot be reached any more: too many are late or failed",
        inconclusive="it may still be reached",
        cause="the wrong group is selected in SSPR, or SSPR is off; the report lags by hours",
        remedy="Entra admin center, Password reset, Properties (*untried*)",
    ),
)
