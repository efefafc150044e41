"""The evaluation: what each gate of the current wave says of the facts, and why."""

from datetime import datetime

from shared.domain.errors import NotPossible
from shared.domain.rollout.gate import Evaluation
from shared.domain.rollout.gates.kind import GateKinds, kind_of
from shared.domain.rollout.gates.look import Look
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.measurements import Measurements
from shared.domain.rollout.state import Rollout


def evaluate(
    rollout: Rollout, measured: Measurements, now: datetime, kinds: GateKinds = GATES
) -> Evaluation:
    """Looks at every gate of the current wave.

    Raises:
        NotPossible: no wave has begun.
    """
    if rollout.wave is None:
        raise NotPossible(f"the rollout is {rollout.phase}; no wave has begun whose gates to judge")
    look = Look(rollout.phase, rollout.since, measured, now)
    results = tuple(kind_of(gate.kind, kinds).judge(gate, look) for gate in rollout.wave.gates)
    return Evaluation(now, rollout.wave.name, results)
