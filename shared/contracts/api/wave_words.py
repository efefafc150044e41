"""Waves and gates in the words that operators read."""

from datetime import timedelta

from pydantic import TypeAdapter

from shared.domain.rollout.document import Count, GroupRing, Ring, Selection, Share
from shared.domain.rollout.gate import Gate, GateKind

_DURATION = TypeAdapter(timedelta)


def duration_text(duration: timedelta) -> str:
    """ISO 8601, as the rollout document has it."""
    text: str = _DURATION.dump_python(duration, mode="json")
    return text


def selection_text(selection: Selection) -> str:
    """Whom a wave picks."""
    match selection:
        case Ring(object_ids):
            return f"a ring of {len(object_ids)}"
        case GroupRing(group_id):
            return f"group {group_id}"
        case Count(people):
            return f"{people:,} people"
        case Share(share):
            return f"{share * 100:g} %"


def needs_text(gate: Gate) -> str:
    """What a gate asks of its wave."""
    window = duration_text(gate.window)
    share = f"{gate.threshold * 100:g} %"
    match gate.kind:
        case GateKind.VISIBLE:
            return f"{share} of its people seen in Entra, each in time"
        case GateKind.EFFECTIVE:
            return f"{share} of its people shown as enabled by the registration report"
        case GateKind.REGISTERED:
            return f"{share} of its people registered within {window}"
        case GateKind.WRITEBACK_FAILURES:
            return (
                f"at most {share} of the resets of the last {window} failing in AD "
                f"({gate.minimum_sample} resets needed)"
            )
        case GateKind.BLOCKED_RESETS:
            return f"at most {share} of the people in scope refused a reset in the last {window}"
        case GateKind.WORKER_ALIVE:
            return f"the hybrid worker heard of within {window}"
        case GateKind.DELTA_SYNC:
            return f"the newest delta sync ended well, within {window}"
        case GateKind.BACKLOG:
            return f"at most {gate.threshold:g} writes overdue"
