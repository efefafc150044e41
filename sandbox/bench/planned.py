"""What one way of planning took for so many people."""

from dataclasses import dataclass
from enum import StrEnum


class Planner(StrEnum):
    """Who planned."""

    ROLLOUT = "sspr-rollout"
    SCRIPT = "shuffled list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One plan for everybody, drawn up in a process of its own."""

    planner: Planner
    people: int
    added: int
    """People whom the plan puts in."""
    seconds: float
    """Of the processor, for the plan alone: what else runs on the machine counts little."""
    seconds_with_people: float
    """With making the people one by one, or reading them from the file."""
    peak_bytes: int
    """Memory beyond that of the interpreter with its modules, at its highest."""
