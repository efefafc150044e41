"""The watch: what gates ask of the machinery, judged in every phase, and without a rollout too.

It promotes and pauses nothing. What fails is told until something shows that it is over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from shared.domain.rollout.gate import Gate, Outcome, Result
from shared.domain.rollout.gates.kind import GateKind, GateKinds, Sample, kind_of
from shared.domain.rollout.gates.look import Look
from shared.domain.rollout.state import Rollout

EVERY: Final = timedelta(minutes=5)
"""How often it looks; an alarm on it looks back three times as far."""
_UNSEEN = "; nothing has shown since that it is over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What the watch has found of one gate."""

    gate: str
    outcome: Outcome
    """Of the newest look that had something to go by."""
    value: float | None
    threshold: float
    sample: int
    text: str
    failing_since: datetime | None = None
    """None while it does not fail."""
    failures: int = 0
    """Looks in a row that found it failing, without one in between that showed otherwise."""
    limit: int = 1
    """From so many on it is told: the gate's own patience."""

    @property
    def is_told(self) -> bool:
        """Whether it has failed for as long as its gate has patience."""
        return self.failures >= self.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The newest look at the conditions."""

    began: datetime
    """When the first look was; what was before is nobody's to tell."""
    at: datetime
    conditions: tuple[Condition, ...] = ()
    letters: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Sequence numbers of the dead letters that were seen, by their queues."""
    letters_at: datetime | None = None
    """When they were; None: never."""
    endings_at: datetime | None = None
    """When it was last told what ends soon; None: never."""
    sources_at: datetime | None = None
    """When it was last told which HR sources are silent; None: never."""
    held_at: datetime | None = None
    """When it was last told whose events are held; None: never."""

    @property
    def failing(self) -> tuple[Condition, ...]:
        """Those that fail, and have for long enough."""
        return tuple(one for one in self.conditions if one.is_told)


def is_watch_due(before: Watch | None, now: datetime) -> bool:
    """Tells whether the conditions are to be looked at now."""
    return before is None or now - before.at >= EVERY


def watched_gates(rollout: Rollout | None, kinds: GateKinds) -> tuple[Gate, ...]:
    """Returns the gates to watch.

    They are those of the current wave, or before the first of that one; without a rollout the
    standard ones.
    """
    if rollout is None:
        standard = (kind for kind in kinds.values() if kind.standard)
        return tuple(kind.gate() for kind in standard if kind.watch)
    wave = rollout.wave or rollout.next_wave
    return tuple(gate for gate in wave.gates if kind_of(gate.kind, kinds).watch) if wave else ()


def judged(
    gates: Sequence[Gate], look: Look, before: Watch | None, kinds: GateKinds
) -> Iterator[Condition]:
    """Yields what these gates come to, with what was found of each before."""
    known = {one.gate: one for one in before.conditions} if before else {}
    for gate in gates:
        kind = kind_of(gate.kind, kinds)
        if kind.watch:
            yield _after(known.get(kind.name), kind, kind.watch(gate, look), look.now)


def kept(gates: Sequence[Gate], before: Watch | None) -> Iterator[Condition]:
    """Yields what was found before of gates that cannot be looked at now."""
    names = {gate.kind for gate in gates}
    yield from (one for one in (before.conditions if before else ()) if one.gate in names)


def _after(before: Condition | None, kind: GateKind, result: Result, now: datetime) -> Condition:
    since = before.failing_since if before else None
    found = Condition(
        gate=kind.name,
        outcome=result.outcome,
        value=result.value,
        threshold=result.gate.threshold,
        sample=result.sample,
        text=result.text,
        limit=result.gate.failure_limit,
    )
    if result.outcome is Outcome.FAILED:
        failures = (before.failures if before else 0) + 1
        return replace(found, failing_since=since or now, failures=failures)
    if before and since and not _shows_that_it_is_over(kind, result):
        return replace(before, text=before.text.removesuffix(_UNSEEN) + _UNSEEN)
    return found


def _shows_that_it_is_over(kind: GateKind, result: Result) -> bool:
    """Tells whether it passed by something: that nobody reset a password says nothing."""
    is_empty = kind.sample is Sample.RESETS and not result.sample
    return result.outcome is Outcome.PASSED and not is_empty
