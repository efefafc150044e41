"""What gates have in common that go by what hybrid workers say."""

from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates.kind import Prospect
from shared.domain.rollout.measurements import WorkerSight


def pass_without_worker(gate: Gate, sights: int) -> Result:
    """Passes the gate in a topology where no worker writes anything."""
    text = "no AD group in this topology"
    return Result(gate=gate, outcome=Outcome.PASSED, value=None, sample=sights, text=text)


def doubt_of_the_topology(_gate: Gate, prospect: Prospect) -> str | None:
    """Says that a gate on the worker means nothing without a worker; None if there is one."""
    return None if prospect.needs_worker else "always passes; this topology has no AD group"


def because(sight: WorkerSight) -> str:
    """Writes what the worker says of its trouble, after a colon; nothing if it says nothing."""
    problem = sight.directory_problem or sight.problem
    return f": {problem}" if problem else ""
