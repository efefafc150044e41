"""The rollout as it stands: phase, waves, gates, workers and the last reconciliation."""

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.render.layout import facts, heading, moment, people, plain, section, table
from cli.render.states import bar, legend
from shared.contracts.api.gate_words import amount_text, has_threshold
from shared.domain.rollout.gate import Outcome
from shared.domain.rollout.gates.kind import GateKinds
from shared.domain.rollout.gates.registry import GATES
from shared.domain.rollout.progress import MoveKind
from shared.domain.rollout.state import Phase

_MOVES = {
    MoveKind.BEGIN_WAVE: "the next wave begins",
    MoveKind.COMPLETE: "the rollout ends",
}
_TO_THE_MINUTE = len("2026-01-01 00:00")
_PHASES = {
    Phase.PLANNED: "bold blue",
    Phase.PROGRESSING: "bold cyan",
    Phase.SOAKING: "bold cyan",
    Phase.PAUSED: "bold yellow",
    Phase.ABORTED: "bold red",
    Phase.COMPLETED: "bold green",
}
_OUTCOMES = {
    Outcome.PASSED: "green",
    Outcome.FAILED: "bold red",
    Outcome.INCONCLUSIVE: "yellow",
}
_WAVES = {"done": "green", "soaking": "cyan", "progressing": "cyan", "rolled-back": "bold red"}
_MOST_NAMED = 100
"""The app names no more people of a drift than these."""
_NO_WINDOW = "PT0S"


def rollout_view(rollout: dict[str, Any] | None) -> RenderableType:
    """The rollout from its phase down to its workers."""
    if rollout is None:
        return plain("There is no rollout yet; sspr plan FILE draws one up.", "dim")
    parts: list[RenderableType] = [heading(rollout["name"]), _position(rollout)]
    parts += [Text(), heading("Waves"), _waves(rollout["waves"])]
    if evaluation := rollout["evaluation"]:
        parts += [Text(), _evaluation_heading(evaluation), _verdicts(evaluation)]
    if reconciliation := rollout["reconciliation"]:
        parts += [Text(), heading("Last reconciliation"), *_reconciliation(reconciliation)]
    parts += section(
        "Workers",
        ("worker", "last heard of (UTC)", "directory", "delta sync (UTC)", "problem"),
        [_worker(one) for one in rollout["workers"]],
    )
    return Group(*parts)


def gates_view(evaluations: list[dict[str, Any]], kinds: GateKinds = GATES) -> RenderableType:
    """Each look at the gates with its numbers, and what was made of it."""
    if not evaluations:
        return plain("The gates have not been looked at yet.", "dim")
    parts: list[RenderableType] = []
    for one in evaluations:
        columns = ("outcome", "gate", "value", "threshold", "sample", "window", "reason")
        rows = [_numbers(gate, kinds) for gate in one["gates"]]
        parts += [_evaluation_heading(one), table(columns, rows), Text()]
    return Group(*parts)


def phase_text(rollout: dict[str, Any]) -> str:
    """Where the rollout is, in a line."""
    wave = f" in {rollout['wave']}" if rollout["wave"] else ""
    why = f": {rollout['pause']['text']}" if rollout["pause"] else ""
    return f"{rollout['phase']}{wave}{why}"


def _position(rollout: dict[str, Any]) -> Table:
    pause = rollout["pause"]
    since = f"since {moment(rollout['since'])} UTC by {rollout['actor']}"
    style = _PHASES.get(rollout["phase"], "")
    return facts(
        ("phase", Text.assemble(plain(rollout["phase"], style), " ", plain(since))),
        ("wave", rollout["wave"]),
        ("reason", rollout["reason"]),
        ("paused", plain(f"{pause['reason']}: {pause['text']}", "yellow") if pause else None),
        ("because", pause["detail"] if pause and pause["detail"] != rollout["reason"] else None),
        ("next", _next(rollout["next"])),
        ("document", f"version {rollout['version']}, {rollout['digest'][:12]}"),
    )


def _next(upcoming: dict[str, Any]) -> str:
    """What the clock does next and why, and when, unless the words for it say so already."""
    does = _MOVES.get(upcoming["move"])
    text = f"{does}: {upcoming['text']}" if does else str(upcoming["text"])
    until = moment(upcoming["until"])
    if not until or until[:_TO_THE_MINUTE] in text:
        return text
    return f"{text} ({until} UTC)"


def _waves(waves: list[dict[str, Any]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    for wave in waves:
        state = plain(wave["state"], _WAVES.get(wave["state"], "dim"))
        size = people(wave["people"]) if wave["people"] else ""
        grid.add_row(plain(wave["name"]), state, bar(wave["states"]))
        grid.add_row(plain(wave["selection"], "dim"), plain(size, "dim"), _below(wave))
    return grid


def _below(wave: dict[str, Any]) -> Text:
    """What stands under a wave's bar."""
    parts = [legend(wave["states"])]
    if wave["flagged"]:
        parts.append(plain(f"{wave['flagged']:,} flagged", "bold red"))
    if wave["soakEnds"]:
        parts.append(plain(f"soaks until {moment(wave['soakEnds'])} UTC", "dim"))
    return Text("  ").join(part for part in parts if part)


def _evaluation_heading(evaluation: dict[str, Any]) -> Text:
    outcome = evaluation["outcome"]
    decision = f"; {evaluation['decision']}" if evaluation["decision"] else ""
    return Text.assemble(
        heading(f"Gates of {evaluation['wave']}"),
        plain(f" at {moment(evaluation['at'])} UTC: "),
        _outcome(outcome),
        plain(decision),
    )


def _verdicts(evaluation: dict[str, Any]) -> Table:
    grid = Table.grid(padding=(0, 2))
    for gate in evaluation["gates"]:
        grid.add_row(_outcome(gate["outcome"]), plain(gate["gate"]), plain(gate["text"]))
    return grid


def _outcome(outcome: str) -> Text:
    return plain(outcome, _OUTCOMES.get(Outcome(outcome), "") if outcome in set(Outcome) else "")


def _numbers(gate: dict[str, Any], kinds: GateKinds) -> tuple[object, ...]:
    kind = gate["gate"]
    sample = f"{gate['sample']:,} (min {gate['minimumSample']:,})"
    bare = not has_threshold(kind, kinds)
    return (
        _outcome(gate["outcome"]),
        kind,
        amount_text(kind, gate["value"], kinds),
        "" if bare else amount_text(kind, gate["threshold"], kinds),
        "" if bare else sample,
        "" if gate["window"] == _NO_WINDOW else gate["window"],
        gate["text"],
    )


def _reconciliation(found: dict[str, Any]) -> Iterator[RenderableType]:
    removed, added = _named(found["removedByHand"]), _named(found["addedByHand"])
    drift = (
        f"{removed} taken out and {added} put in by somebody else; "
        f"{found['repaired']:,} of them undone"
    )
    yield facts(
        ("at", f"{moment(found['at'])} UTC"),
        ("problem", plain(found["problem"], "bold red") if found["problem"] else None),
        ("people", f"{found['listed']:,} in the directory, {found['eligible']:,} eligible"),
        (
            "scope",
            f"{found['kept']:,} stay in, {found['added']:,} put in, {found['removed']:,} taken out",
        ),
        ("drift", plain(drift, "yellow") if (removed, added) != ("0", "0") else "none"),
    )


def _named(object_ids: list[str]) -> str:
    number = len(object_ids)
    return f"{number} or more" if number >= _MOST_NAMED else str(number)


def _worker(worker: dict[str, Any]) -> tuple[object, ...]:
    answers = plain("answers") if worker["directoryAnswers"] else plain("is silent", "bold red")
    succeeded = worker["syncSucceeded"]
    sync = "unknown" if succeeded is None else "succeeded" if succeeded else "failed"
    ended = moment(worker["syncEndedAt"])
    return (
        worker["worker"],
        moment(worker["seenAt"]),
        answers,
        plain(f"{sync} {ended}" if ended else sync, "bold red" if succeeded is False else ""),
        plain(worker["problem"] or "", "red"),
    )
