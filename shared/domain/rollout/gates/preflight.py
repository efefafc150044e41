"""The gate `preflight`: would the resets of the wave's people be refused by Active Directory?"""

from datetime import timedelta

from shared.domain.durations import duration_text
from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates import shares
from shared.domain.rollout.gates.kind import (
    FAILURE_LIMIT,
    INCONCLUSIVE_LIMIT,
    GateKind,
    Guide,
    Need,
    threshold,
    window,
)
from shared.domain.rollout.gates.look import Look
from shared.domain.rollout.gates.worker import doubt_of_the_topology, pass_without_worker

_ROUNDING = 1e-6


def _judge(gate: Gate, look: Look) -> Result:
    """Judges by what is known, and by what the rest could still come to."""
    if not look.measured.needs_worker:
        return pass_without_worker(gate, len(look.measured.workers))
    known = look.measured.foretold
    people, refused = known.people, known.refused
    if not people:
        text = "nobody in the wave has a password that is written back to AD"
        return Result(gate=gate, outcome=Outcome.PASSED, value=None, sample=0, text=text)
    unknown = people - refused - known.fine
    allowed = gate.threshold * people + _ROUNDING
    if refused > allowed:
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.PASSED if refused + unknown <= allowed else Outcome.INCONCLUSIVE
    text = (
        f"a reset of {refused:,} of {people:,} {'person' if people == 1 else 'people'} would be "
        f"refused, and of {unknown:,} it is not known; at most {shares.share_text(gate)} may be"
    )
    return Result(gate=gate, outcome=outcome, value=refused / people, sample=people, text=text)


def _condition(gate: Gate) -> str:
    return (
        f"at most {shares.share_text(gate)} of its people predicted to be refused a reset by AD "
        f"(looked at within {duration_text(gate.window)})"
    )


KIND = GateKind(
    name="preflight",
    meaning="The share of the wave's people whose reset Active Directory would refuse, as the "
    "worker predicts it; whoever was not looked at lately counts as not known.",
    summary="People whose reset AD would refuse; {} for defaults.",
    standard=False,
    parameters=(
        FAILURE_LIMIT,
        INCONCLUSIVE_LIMIT,
        threshold(0.05, "At most this share of the wave's people, from 0 to 1."),
        window(timedelta(days=7), "How long what was found about somebody counts."),
    ),
    judge=_judge,
    condition=_condition,
    needs=frozenset({Need.PREFLIGHTS}),
    doubt=doubt_of_the_topology,
    guide=Guide(
        threshold="at most {} of the wave's people",
        window="found within {}",
        looks_at="what the worker predicts for the wave's people whose password is one of AD; it "
        "is asked about whoever was not looked at lately",
        passes="at most the share would be refused, whatever the rest comes to",
        fails="more would be",
        inconclusive="of too many it is not known",
        cause="protected or disabled accounts, missing rights of the connector account, a minimum "
        "password age",
        remedy="`sspr doctor person` says of each; exclude them, or fix their accounts",
    ),
)
