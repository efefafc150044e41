"""Noticing: the signals that a change of the rollout, of a person or of a worker makes."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from shared.domain.durations import duration_text
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.reasons import Reason
from shared.domain.rollout.endings import Ending, Notice, ending_soon
from shared.domain.rollout.gate import Evaluation, Outcome
from shared.domain.rollout.measurements import WorkerSight
from shared.domain.rollout.silence import SourceHeard
from shared.domain.rollout.state import Phase, Rollout
from shared.domain.rollout.watch import Watch
from shared.domain.rollout.writing import Writing
from shared.domain.signals import (
    By,
    CommandExpired,
    CommandUnanswered,
    ConditionFailed,
    EndingSoon,
    GateFailed,
    GateInconclusive,
    PersonFailed,
    PersonFlagged,
    PhaseChanged,
    RolloutPaused,
    Signal,
    SourceSilent,
    WaveBegun,
    WritingStarted,
    WritingStopped,
    person_reference,
)

_CLOCK = "clock"
_WAVERS = timedelta(minutes=1)


def signals_of_rollout(before: Rollout | None, after: Rollout) -> Iterator[Signal]:
    """Yields what is to be told of a rollout that has taken another's place."""
    wave = after.wave.name if after.wave else None
    who = By.CLOCK if after.actor == _CLOCK else By.OPERATOR
    if before is None or before.phase is not after.phase:
        yield PhaseChanged(
            before=before.phase if before else None,
            phase=after.phase,
            wave=wave,
            pause=after.pause.reason if after.pause else None,
            who=who,
        )
    if after.pause and (before is None or before.pause != after.pause):
        yield RolloutPaused(reason=after.pause.reason, wave=wave, who=who)
    if wave and before is not None and after.started > before.started:
        yield WaveBegun(wave=wave, number=after.started)


def signals_of_writing(writing: Writing) -> Iterator[Signal]:
    """Yields what is to be told of the word on everything that writes, new or still in force."""
    who = By.CLOCK if writing.actor == _CLOCK else By.OPERATOR
    if writing.stop is not None:
        yield WritingStopped(reason=writing.stop, who=who, since=writing.since.isoformat())
    elif not writing.carried_out:
        yield WritingStarted(who=who)


def signals_of_gates(evaluation: Evaluation) -> Iterator[Signal]:
    """Yields what is to be told of a look at a wave's gates: those that did not pass."""
    kinds = {Outcome.FAILED: GateFailed, Outcome.INCONCLUSIVE: GateInconclusive}
    for result in evaluation.results:
        if kind := kinds.get(result.outcome):
            yield kind(
                wave=evaluation.wave,
                gate=result.gate.kind,
                value=result.value,
                threshold=result.gate.threshold,
                sample_size=result.sample,
            )


def signals_of_watch(watch: Watch, phase: Phase | None) -> Iterator[Signal]:
    """Yields what is to be told of a look at the conditions that are watched: those that fail."""
    for one in watch.failing:
        yield ConditionFailed(
            gate=one.gate,
            phase=phase,
            value=one.value,
            threshold=one.threshold,
            sample_size=one.sample,
            since=one.failing_since.isoformat() if one.failing_since else "",
        )


def signals_of_endings(
    endings: Iterable[Ending], notice: Notice, now: datetime
) -> Iterator[Signal]:
    """Yields what is to be told of certificates, passwords and accounts: those that end soon."""
    for one in ending_soon(endings, notice, now):
        yield EndingSoon(
            what=one.what,
            item=one.of,
            whose=one.whose,
            days=one.days_left(now) or 0,
            ends_at=one.ends_at.isoformat() if one.ends_at else "",
            urgent=one.is_within(notice.urgent, now),
        )


def signals_of_silence(sources: Iterable[SourceHeard], now: datetime) -> Iterator[Signal]:
    """Yields what is to be told of HR sources: those that are silent for too long."""
    for one in sources:
        if one.heard_at and one.is_silent(now):
            since, allowed = one.heard_at.isoformat(), duration_text(one.allowed)
            yield SourceSilent(source=one.source, since=since, allowed=allowed)


def signals_of_person(before: Enrolment | None, after: Enrolment) -> Iterator[Signal]:
    """Yields what is to be told of a person who has moved on, or who should have."""
    person = person_reference(after.key)
    command = before.command_key if before else None
    was = before.state if before else None
    if after.state is State.FAILED and was is not State.FAILED:
        yield PersonFailed(person=person, reason=after.reason)
    if _has_news(before, after) and after.steps[-1].reason is Reason.COMMAND_EXPIRED:
        yield CommandExpired(person=person, command=command)
    if after.flag and (before is None or before.flag is not after.flag):
        if after.flag is Reason.WORKER_SILENT:
            yield CommandUnanswered(person=person, command=command)
        else:
            yield PersonFlagged(person=person, state=after.state, reason=after.flag)


def _has_news(before: Enrolment | None, after: Enrolment) -> bool:
    return bool(after.steps) and (before is None or before.steps != after.steps)


def has_new_problem(before: WorkerSight | None, now: WorkerSight) -> bool:
    """Tells whether a worker reports trouble with its delta sync that it did not report before.

    A worker repeats what it last had to say in every report. That a sync failed again in the same
    way shows only in its end, which is counted back from when the report came in and so wavers.
    """
    if _kind(now.hindrance) and (before is None or _kind(before.hindrance) != _kind(now.hindrance)):
        return True
    if now.sync_succeeded is not False and not now.problem:
        return False
    if before is None or (before.sync_succeeded, before.problem) != (
        now.sync_succeeded,
        now.problem,
    ):
        return True
    if before.sync_ended_at is None or now.sync_ended_at is None:
        return False
    return now.sync_ended_at - before.sync_ended_at > _WAVERS


def _kind(hindrance: str) -> str:
    """Returns the word of a hindrance; its detail may be another at every look."""
    return hindrance.partition(":")[0]
