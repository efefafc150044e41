"""The gate `effective`: does SSPR work for the wave's people?

The registration report says so of each of them, and has been wrong about members at times: see
https://github.com/MicrosoftDocs/azure-docs/issues/108135, read on 29 November 2026. So where it
says no, and Entra shows the members while people do reset their passwords, the report is not
believed.
"""

from dataclasses import replace

from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates import shares
from shared.domain.rollout.gates.kind import (
    FAILURE_LIMIT,
    INCONCLUSIVE_LIMIT,
    GateKind,
    Guide,
    Need,
    Sample,
    threshold,
)
from shared.domain.rollout.gates.look import EFFECTIVE, TO_BECOME_EFFECTIVE, VISIBLE, Look
from shared.domain.rollout.resets import ResetOutcome


def _judge(gate: Gate, look: Look) -> Result:
    possible = look.in_time(TO_BECOME_EFFECTIVE)
    by_report = shares.judge_floor(gate, look, EFFECTIVE, possible, word="effective")
    if by_report.outcome is not Outcome.FAILED:
        return by_report
    return _by_evidence(gate, look, by_report) or by_report


def _by_evidence(gate: Gate, look: Look, by_report: Result) -> Result | None:
    """Returns a pass where memberships and resets contradict the report; None where they do not."""
    succeeded = {one.object_id for one in look.resets(gate, {ResetOutcome.SUCCEEDED})}
    if not succeeded or look.resets(gate, {ResetOutcome.BLOCKED}):
        return None
    seen = shares.judge_floor(gate, look, VISIBLE, 0, word="visible")
    if seen.outcome is not Outcome.PASSED:
        return None
    text = (
        f"{by_report.text}; but {seen.text}, and {shares.people_have(len(succeeded))} reset a "
        "password while nobody was refused"
    )
    return replace(seen, text=text)


def _condition(gate: Gate) -> str:
    share = shares.share_text(gate)
    return f"{share} of its people shown as enabled by the registration report"


KIND = GateKind(
    name="effective",
    meaning="The share of the wave's people whom the registration report shows as enabled for "
    "SSPR; where people are seen in the group and do reset passwords, the report is not believed.",
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
    needs=frozenset({Need.RESETS}),
    doubt=shares.doubt_of_the_wave,
    guide=Guide(
        threshold="at least {}; the registration report lags",
        window="each has a deadline",
        looks_at="those whom the registration report shows as enabled",
        passes="the share is reached; or Entra shows the membership of so many, and in the last "
        "day people have reset passwords and nobody was refused",
        fails="it cannot be reached any more: too many are late or failed",
        inconclusive="it may still be reached",
        cause="the wrong group is selected in SSPR, or SSPR is off; the report lags by hours",
        remedy="Entra admin center, Password reset, Properties (*untried*)",
    ),
)
