"""The product's way: one webhook call, then watch the ledger."""

import time
from collections.abc import Sequence

from sandbox.bench.measured import Measured, Way
from sandbox.bench.meter import Meter, spent
from sandbox.console import Console

PATIENCE = 120.0
_POLL_SECONDS = 0.02
_VISIBLE = {"visible", "effective", "registered", "resettable"}
_MILESTONES = {
    "decided": {"requested", "applied", *_VISIBLE},
    "applied": {"applied", *_VISIBLE},
    "visible": _VISIBLE,
}
_MOVERS = ("enroll_people", "apply_scope_changes", "record_results", "clock_timer")


def enrol(console: Console, meter: Meter, case: str, upns: Sequence[str]) -> Measured:
    """Send everybody's event in one call; until the ledger says that all are visible.

    Raises:
        TimeoutError: it never did.
    """
    known = _reached(console)
    goal = {milestone: count + len(upns) for milestone, count in known.items()}
    before = meter.read()
    began = time.monotonic()
    console.inject([{"userPrincipalName": upn} for upn in upns])
    seconds = {"accepted": time.monotonic() - began}
    seconds |= _watch(console, meter, goal, began)
    return Measured(case, Way.ROLLOUT, len(upns), seconds, spent(before, meter.read()))


def _watch(console: Console, meter: Meter, goal: dict[str, int], began: float) -> dict[str, float]:
    """Ask the ledger whenever a function that may have moved somebody has ended.

    To ask all the time would take a good part of the two things that are measured: the ledger's
    and the host's time.
    """
    seconds: dict[str, float] = {}
    ended = -1
    while time.monotonic() < began + PATIENCE:
        invocations = meter.invocations()
        if (now_ended := sum(invocations[f"runs.{name}"] for name in _MOVERS)) != ended:
            ended, reached = now_ended, _reached(console)
            now = time.monotonic() - began
            for milestone in goal.keys() - seconds.keys():
                if reached[milestone] >= goal[milestone]:
                    seconds[milestone] = now
        if seconds.keys() == goal.keys():
            return seconds
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"after {PATIENCE:.0f} s the ledger has {_reached(console)}, not {goal}")


def _reached(console: Console) -> dict[str, int]:
    states = console.status()["states"]
    return {
        milestone: sum(count for state, count in states.items() if state in wanted)
        for milestone, wanted in _MILESTONES.items()
    }
