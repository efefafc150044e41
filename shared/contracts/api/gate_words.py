"""Gates in the words that operators read; a kind's own words stand in its file."""

from shared.domain.rollout.gate import Gate
from shared.domain.rollout.gates.kind import GateKinds, kind_of
from shared.domain.rollout.gates.registry import GATES


def needs_text(gate: Gate, kinds: GateKinds = GATES) -> str:
    """What a gate asks of its wave."""
    return kind_of(gate.kind, kinds).condition(gate)
