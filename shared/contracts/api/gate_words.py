"""Gates in the words that operators read; a kind's own words stand in its file."""

from shared.domain.rollout.gate import Gate
from shared.domain.rollout.gates.kind import GateKinds, Unit, kind_of
from shared.domain.rollout.gates.registry import GATES


def needs_text(gate: Gate, kinds: GateKinds = GATES) -> str:
    """What a gate asks of its wave."""
    return kind_of(gate.kind, kinds).condition(gate)


def has_threshold(kind: str, kinds: GateKinds = GATES) -> bool:
    """Whether a gate of this kind compares a value with a threshold."""
    return kind_of(kind, kinds).unit is not Unit.NOTHING


def amount_text(kind: str, value: float | None, kinds: GateKinds = GATES) -> str:
    """A value or threshold of a gate of this kind: a percentage, or a number."""
    if value is None:
        return ""
    is_share = kind_of(kind, kinds).unit is Unit.SHARE
    return f"{value:.1%}" if is_share else f"{value:,g}"
