"""The rollout as it stands: phase, waves, gates, workers and the last reconciliation."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.plain import actor_text, moment, people, spelt
from cli.render.layout import facts, heading, plain, section, table
from cli.render.moves import move_lines
from cli.render.states import bar, legend
from shared.contracts.api.rollout_views import (
    EvaluationsView,
    EvaluationView,
    GateView,
    NextView,
    ReconciliationView,
    RolloutView,
    WaveView,
    WorkerView,
)
from shared.contracts.api.words import GateUnit, RolloutPhase, WaveState

_TO_THE_MINUTE = len("2026-01-01 00:00")
_PHASES: Mapping[str, str] = {
    RolloutPhase.PLANNED: "bold blue",
    RolloutPhase.PROGRESSING: "bold cyan",
    RolloutPhase.SOAKING: "bold cyan",
    RolloutPhase.PAUSED: "bold yellow",
    RolloutPhase.ABORTED: "bold red",
    RolloutPhase.COMPLETED: "bold green",
}
_OUTCOMES = {"passed": "green", "failed": "bold red", "inconclusive": "yellow"}
_WAVES: Mapping[str, str] = {
    WaveState.DONE: "green",
    WaveState.SOAKING: "cyan",
    WaveState.PROGRESSING: "cyan",
    WaveState.ROLLED_BACK: "bold red",
}
_MOST_NAMED = 100
"""The app names no more people of a drift than these."""
_NO_WINDOW = "0s"
_BY_ITSELF = frozenset({"cloud", "none"})
"""Syncs of which the worker hears nothing: their words stand in the place of an end."""


def rollout_view(rollout: RolloutView | None) -> RenderableType:
    """Renders the rollout from its phase down to its workers."""
    if rollout is None:
        return plain("There is no rollout yet; sspr plan FILE makes a plan of one.", "dim")
    parts: list[RenderableType] = [heading(rollout.name), _position(rollout)]
    parts += move_lines(rollout.move)
    parts += [Text(), heading("Waves"), _waves(rollout.waves)]
    if evaluation := rollout.evaluation:
        parts += [Text(), _evaluation_heading(evaluation), _verdicts(evaluation)]
    if reconciliation := rollout.reconciliation:
        parts += [Text(), heading("Last reconciliation"), *_reconciliation(reconciliation)]
    return Group(*parts, *workers_view(rollout.workers))


def workers_view(workers: Sequence[WorkerView]) -> Sequence[RenderableType]:
    """Renders what each worker said last, its version, and whose people it puts in."""
    columns = ("worker", "last heard of (UTC)", "directory", "sync (UTC)", "problem")
    versions = ("worker", "version", "since (UTC)", "")
    domains = [(one.worker, ", ".join(one.domains)) for one in workers if one.domains]
    return [
        *section("Workers", columns, [_worker(one) for one in workers]),
        *section("Versions of the workers", versions, [_version(one) for one in workers]),
        *section("Whose people the workers put in", ("worker", "domains"), domains),
    ]


def gates_view(looked: EvaluationsView) -> RenderableType:
    """Renders each look at the gates with its numbers, and what was made of it."""
    if not looked.evaluations:
        return plain("The gates have not been looked at yet.", "dim")
    parts: list[RenderableType] = []
    for one in looked.evaluations:
        columns = ("outcome", "gate", "value", "threshold", "sample", "window", "reason")
        rows = [_numbers(gate) for gate in one.gates]
        parts += [_evaluation_heading(one), table(columns, rows), Text()]
    return Group(*parts)


def _position(rollout: RolloutView) -> Table:
    pause = rollout.pause
    since = f"since {moment(rollout.since)} UTC by {actor_text(rollout.actor)}"
    style = _PHASES.get(rollout.phase, "")
    return facts(
        ("phase", Text.assemble(plain(rollout.phase, style), " ", plain(since))),
        ("wave", rollout.wave),
        ("reason", rollout.reason),
        ("paused", plain(f"{pause.reason}: {pause.text}", "yellow") if pause else None),
        ("because", pause.detail if pause and pause.detail != rollout.reason else None),
        ("meanwhile", rollout.meanwhile),
        ("next", _next(rollout.next)),
        ("document", f"version {rollout.version}, {rollout.digest[:12]}"),
    )


def _next(upcoming: NextView) -> str:
    """Says what the clock does next and why, and when, unless the words for it say so already."""
    text = f"{upcoming.does}: {upcoming.text}" if upcoming.does else upcoming.text
    until = moment(upcoming.until)
    if not until or until[:_TO_THE_MINUTE] in text:
        return text
    return f"{text} ({until} UTC)"


def _waves(waves: Sequence[WaveView]) -> Table:
    grid = Table.grid(padding=(0, 2))
    for wave in waves:
        state = plain(wave.state, _WAVES.get(wave.state, "dim"))
        size = people(wave.people) if wave.people else ""
        grid.add_row(plain(wave.name), state, bar(wave.states))
        grid.add_row(plain(wave.selection, "dim"), plain(size, "dim"), _below(wave))
    return grid


def _below(wave: WaveView) -> Text:
    """Returns what stands under a wave's bar."""
    parts = [legend(wave.states)]
    if wave.flagged:
        parts.append(plain(f"{wave.flagged:,} flagged", "bold red"))
    if wave.soak_ends:
        parts.append(plain(f"soaks until {moment(wave.soak_ends)} UTC", "dim"))
    return Text("  ").join(part for part in parts if part)


def _evaluation_heading(evaluation: EvaluationView) -> Text:
    decision = f"; {evaluation.decision}" if evaluation.decision else ""
    return Text.assemble(
        heading(f"Gates of {evaluation.wave}"),
        plain(f" at {moment(evaluation.at)} UTC: "),
        _outcome(evaluation.outcome),
        plain(decision),
    )


def _verdicts(evaluation: EvaluationView) -> Table:
    grid = Table.grid(padding=(0, 2))
    for gate in evaluation.gates:
        grid.add_row(_outcome(gate.outcome), plain(gate.gate), plain(gate.text))
    return grid


def _outcome(outcome: str) -> Text:
    return plain(outcome, _OUTCOMES.get(outcome, ""))


def _numbers(gate: GateView) -> tuple[object, ...]:
    sample = f"{gate.sample:,} (min {gate.minimum_sample:,})"
    bare = gate.unit == GateUnit.NOTHING
    return (
        _outcome(gate.outcome),
        gate.gate,
        _amount(gate.unit, gate.value),
        "" if bare else _amount(gate.unit, gate.threshold),
        "" if bare else sample,
        "" if spelt(gate.window) == _NO_WINDOW else spelt(gate.window),
        gate.text,
    )


def _amount(unit: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1%}" if unit == GateUnit.SHARE else f"{value:,g}"


def _reconciliation(found: ReconciliationView) -> Iterator[RenderableType]:
    removed, added = _named(found.removed_by_hand), _named(found.added_by_hand)
    drift = [f"{removed} taken out and {added} put in by somebody else"]
    if found.no_longer_members:
        gone = _named(found.no_longer_members)
        drift.append(f"{gone} there before the rollout and gone, whom nothing else wants")
    if found.former_group:
        drift.append(f"{_named(found.former_group)} of the group of before, not in this one yet")
    has_drift = len(drift) > 1 or (removed, added) != ("0", "0")
    text = f"{'; '.join(drift)}; {found.repaired:,} of them undone"
    yield facts(
        ("at", f"{moment(found.at)} UTC"),
        ("problem", plain(found.problem, "bold red") if found.problem else None),
        ("people", f"{found.listed:,} in the directory, {found.eligible:,} eligible"),
        (
            "scope",
            f"{found.kept:,} stay in, {found.added:,} put in, {found.removed:,} taken out",
        ),
        ("drift", plain(text, "yellow") if has_drift else "none"),
    )


def _named(object_ids: Sequence[str]) -> str:
    number = len(object_ids)
    return f"{number} or more" if number >= _MOST_NAMED else str(number)


def _hindrance(worker: WorkerView) -> str:
    since = moment(worker.hindered_since)
    return f"since {since} {worker.hindrance}" if since and worker.hindrance else worker.hindrance


def _worker(worker: WorkerView) -> tuple[object, ...]:
    answers = plain("answers") if worker.directory_answers else plain("is silent", "bold red")
    succeeded = worker.sync_succeeded
    sync = "unknown" if succeeded is None else "succeeded" if succeeded else "failed"
    ended = moment(worker.sync_ended_at)
    told = f"{sync} {ended}" if ended else sync
    if worker.sync_mode in _BY_ITSELF:
        told = worker.sync_text
    of_sync = (worker.problem, _hindrance(worker))
    parts = (_clock(worker.clock_ahead), worker.directory_problem, *of_sync)
    trouble = [part for part in parts if part]
    return (
        worker.worker,
        moment(worker.seen_at),
        answers,
        plain(told, "bold red" if succeeded is False else ""),
        plain("; ".join(trouble), "red"),
    )


def _version(worker: WorkerView) -> tuple[object, ...]:
    since = moment(worker.version_since)
    return worker.worker, worker.version or "unknown", since, plain(worker.fit, "yellow")


def _clock(ahead: int | None) -> str:
    """Says by how much a clock is off that ends locks too early or too late."""
    if not ahead:
        return ""
    return f"clock {abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} Service Bus"
