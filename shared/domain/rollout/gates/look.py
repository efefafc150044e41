"""One look at the gates of a wave: the facts, the time, and what gates ask of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.domain.person.enrolment import State
from shared.domain.rollout.gate import Gate
from shared.domain.rollout.measurements import Measurements
from shared.domain.rollout.resets import Reset, ResetOutcome
from shared.domain.rollout.state import Phase

TIME: Final = "%Y-%m-%d %H:%M UTC"
RESETTABLE = frozenset({State.RESETTABLE})
REGISTERED = RESETTABLE | {State.REGISTERED}
EFFECTIVE = REGISTERED | {State.EFFECTIVE}
VISIBLE = frozenset(state for state in State if state.is_seen)
TO_BECOME_VISIBLE = frozenset(state for state in State if state.is_enrolled) - VISIBLE
TO_BECOME_EFFECTIVE = TO_BECOME_VISIBLE | {State.VISIBLE}
EVIDENCE_WINDOW: Final = timedelta(days=1)
"""How far back resets count as evidence where a gate has no window of its own."""
JUDGED = VISIBLE | TO_BECOME_VISIBLE | {State.FAILED}
"""Nobody can be expected to show up who waits for the hire date, is kept out, or is leaving."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the gates goes by."""

    phase: Phase | None
    """None where there is no rollout."""
    since: datetime
    """What was before counts for nothing: it is another phase's, or was mended by a resume."""
    measured: Measurements
    now: datetime

    def people(self, states: Collection[State]) -> int:
        """Counts the wave's people in these states."""
        return sum(n for (state, _), n in self.measured.people.items() if state in states)

    def in_time(self, states: Collection[State]) -> int:
        """Counts the wave's people in these states who are not flagged as late."""
        return sum(self.measured.people.get((state, False), 0) for state in states)

    def start(self, gate: Gate) -> datetime:
        """Returns when the gate's window began, or what counts at all if that was later."""
        return max(self.now - (gate.window or EVIDENCE_WINDOW), self.since)

    def resets(self, gate: Gate, outcomes: Collection[ResetOutcome]) -> list[Reset]:
        """Returns the resets within the gate's window that had one of these outcomes."""
        start = self.start(gate)
        return [
            reset
            for reset in self.measured.resets
            if start <= reset.at <= self.now and reset.outcome in outcomes
        ]
