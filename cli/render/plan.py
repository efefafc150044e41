"""A plan and a rollback before any write: one report, shown as a table or as Markdown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rich.console import Group, RenderableType
from rich.text import Text

from cli.plain import actor_text, escaped, moment, people, spelt
from cli.render.layout import cell, heading, plain, table
from shared.contracts.api.counts import CountView
from shared.contracts.api.plan_views import PlannedWave, PlanView, RecoveryView, RollbackView

_MOST_DEPARTMENTS = 30
_MOST_NAMED = 10
_ABORTED = "aborted"
"""The phase of a rollout that puts nobody in for good."""


@dataclass(frozen=True, slots=True)
class Report:
    """What is to be read: a title, lines, tables, and what to do next."""

    title: str
    lines: tuple[str, ...]
    sections: tuple["Section", ...]
    alarms: tuple[str, ...]
    warnings: tuple[str, ...]
    next_step: str
    command: str

    def without_command(self) -> "Report":
        """Returns the report without what to do next: something else is."""
        return replace(self, next_step="", command="")


@dataclass(frozen=True, slots=True)
class Section:
    """A table under its title."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Sequence[object], ...]


def plan_report(plan: PlanView) -> Report:
    """Reports whom a plan puts in, takes out and leaves alone, and the command that applies it."""
    unsafe = plan.unsafe
    force = " --force --reason TEXT" if unsafe else ""
    return Report(
        title=f"Plan for {plan.name}",
        lines=tuple(_plan_lines(plan)),
        sections=tuple(one for one in _plan_sections(plan) if one.rows),
        alarms=unsafe,
        warnings=plan.warnings,
        next_step="To apply exactly this plan:",
        command=f"sspr apply --plan {plan.fingerprint}{force}",
    )


def rollback_report(rollback: RollbackView) -> Report:
    """Reports who leaves with a wave, and who stays and why."""
    departing = rollback.departing
    named = tuple((one,) for one in departing[:_MOST_NAMED])
    rest = rollback.removals - len(named)
    if named and rest:
        named = (*named, (f"and {rest:,} more",))
    done = rollback.done
    stays = tuple((one.people, one.text) for one in rollback.stays)
    leave = "are on their way out" if done else "would be taken out"
    return Report(
        title=f"Rollback of {rollback.wave}",
        lines=(f"{people(rollback.removals)} {leave}.",),
        sections=tuple(
            one
            for one in (
                Section("Who leaves", ("object id",), named),
                Section("Who stays", ("people", "because"), stays),
            )
            if one.rows
        ),
        alarms=(),
        warnings=(),
        next_step="",
        command="",
    )


def recovery_report(found: RecoveryView) -> Report:
    """Reports what an older ledger and the world differ in, and what comes of whom."""
    kept_out = "are kept out" if found.done else "would be kept out until you release them"
    stay = "stay" if found.done else "would stay, and count as there before"
    put_in = "put in once you resume the rollout" if found.phase else "put in afterwards"
    rows = (
        (f"{found.gone:,}", f"in scope by the ledger and in no group: they {kept_out}"),
        (f"{found.unknown:,}", f"in the group and not by the ledger: they {stay}"),
        (f"{found.asked:,}", "asked for since the ledger was lost: put in afterwards"),
        (f"{found.waiting:,}", "whose time has not come: put in when it has"),
        (f"{found.leaving:,}", "on the way out and still in: taken out, as was asked before"),
        (f"{found.additions:,}", f"wanted by the current document: {put_in}"),
        *((f"{one.people:,}", f"taken out afterwards: {one.text}") for one in found.removals),
    )
    return Report(
        title="The ledger and the world",
        lines=(found.problem, f"{people(found.members)} in the scope group"),
        sections=tuple(
            one
            for one in (
                Section("What differs", ("people", "who, and what becomes of them"), rows),
                _named("In no group", found.gone_people, found.gone),
                _named("Not known to the ledger", found.unknown_people, found.unknown),
            )
            if one.rows
        ),
        alarms=(),
        warnings=tuple(_left_to_say(found)),
        next_step="",
        command="",
    )


def _left_to_say(found: RecoveryView) -> Iterator[str]:
    """Yields what an operator said since, or may have said, and what it asks of them now."""
    if not found.has_rollout:
        yield "no rollout: plan and apply its document again"
    elif found.phase and found.phase != _ABORTED:
        yield (
            f"the rollout is {found.phase} by the ledger; whether it was paused, aborted or rolled "
            "back since, nobody knows. It stands still until sspr resume; or say that again"
        )
    if also := found.also:
        why = also.detail or also.text
        yield f"everything stays stopped by {actor_text(also.actor)}: {why}; sspr start ends that"


def _named(title: str, shown: Sequence[str], number: int) -> Section:
    rows = tuple((one,) for one in shown[:_MOST_NAMED])
    more = ((f"and {number - len(rows):,} more",),) if number > len(rows) > 0 else ()
    return Section(title, ("object id",), (*rows, *more))


def report_view(report: Report) -> RenderableType:
    """Renders the report for a terminal."""
    parts: list[RenderableType] = [heading(report.title), *map(plain, report.lines)]
    for one in report.sections:
        parts += [Text(), heading(one.title), table(one.columns, one.rows)]
    if report.alarms or report.warnings:
        parts.append(Text())
    parts += [plain(f"UNSAFE: {one}", "bold red") for one in report.alarms]
    parts += [plain(f"warning: {one}", "yellow") for one in report.warnings]
    if report.command:
        # A command is there to be copied: no line break of ours in it.
        command = Text(f"  {escaped(report.command)}", "bold", no_wrap=True, overflow="ignore")
        parts += [Text(), plain(report.next_step), command]
    return Group(*parts)


def report_markdown(report: Report) -> str:
    """Writes the report for a change request or a pull request."""
    blocks = [f"## {_inline(report.title)}", "\n".join(f"- {_inline(x)}" for x in report.lines)]
    marks = [f"**Unsafe:** {_inline(one)}" for one in report.alarms]
    marks += [f"**Warning:** {_inline(one)}" for one in report.warnings]
    if marks:
        blocks.append("\n".join(f"> {one}  " for one in marks))
    for one in report.sections:
        blocks += [f"### {_inline(one.title)}", _markdown_table(one)]
    if report.command:
        blocks += [report.next_step, f"```sh\n{report.command}\n```"]
    return "\n\n".join(blocks) + "\n"


def _plan_lines(plan: PlanView) -> Iterator[str]:
    removals = sum(one.people for one in plan.removals)
    yield f"{people(plan.listed)} in the directory, {plan.eligible:,} of them eligible"
    yield (f"{plan.additions:,} to be put in, {removals:,} to be taken out, {plan.kept:,} stay in")
    yield f"planned {moment(plan.planned_at)} UTC; document {plan.digest[:12]}"
    yield f"fingerprint {plan.fingerprint}"


def _plan_sections(plan: PlanView) -> Iterator[Section]:
    waves = plan.waves
    yield Section(
        "Waves",
        ("wave", "selects", "soak", "", "to be put in", "to be asked to register", "can reset"),
        tuple(
            (
                wave.name,
                wave.selection,
                spelt(wave.soak),
                "has begun" if wave.begun else "ahead",
                f"{wave.additions:,}",
                f"{wave.prompts:,}",
                f"{wave.able:,}",
            )
            for wave in waves
        ),
    )
    yield Section(
        "Who can reset now and will lose it",
        ("wave", "from", "lose it", "of those put in"),
        tuple(
            (wave.name, str(one.on), f"{one.people:,}", f"{wave.additions:,}")
            for wave in waves
            for one in wave.losing
        ),
    )
    yield _departments(waves)
    yield _counts("To be put in besides the waves", plan.other_additions)
    yield _counts("To be taken out", plan.removals)
    yield _counts("Left alone", plan.skips)
    yield _counts("Changed by somebody else", plan.drift)
    yield Section("What the gates need", ("gate", "waves", "condition"), tuple(_gates(waves)))


def _departments(waves: Sequence[PlannedWave]) -> Section:
    """Makes a row for each department, the largest first, and a column for each wave that adds."""
    adding = [wave for wave in waves if wave.additions]
    totals: dict[str, int] = {}
    for wave in adding:
        for department, number in wave.departments.items():
            totals[department] = totals.get(department, 0) + number
    largest = sorted(totals, key=lambda one: (-totals[one], one))
    shown, others = largest[:_MOST_DEPARTMENTS], largest[_MOST_DEPARTMENTS:]
    rows = [
        (one or "(none)", *(f"{wave.departments.get(one, 0):,}" for wave in adding))
        for one in shown
    ]
    if others:
        rest = (sum(wave.departments.get(one, 0) for one in others) for wave in adding)
        rows.append((f"{len(others):,} more departments", *(f"{number:,}" for number in rest)))
    names = (wave.name for wave in adding)
    return Section("To be put in by department", ("department", *names), tuple(rows))


def _counts(title: str, counts: Sequence[CountView]) -> Section:
    rows = ((f"{one.people:,}", one.reason, one.text) for one in counts)
    return Section(title, ("people", "reason", "meaning"), tuple(rows))


def _gates(waves: Sequence[PlannedWave]) -> Iterator[tuple[str, str, str]]:
    """Yields each condition once, with the waves that it is asked of."""
    asked: dict[tuple[str, str], list[str]] = {}
    for wave in waves:
        for gate in wave.gates:
            asked.setdefault((gate.gate, gate.text), []).append(wave.name)
    for (kind, text), names in asked.items():
        yield kind, "every wave" if len(names) == len(waves) else ", ".join(names), text


def _markdown_table(section: Section) -> str:
    lines = [section.columns, ["---"] * len(section.columns), *section.rows]
    return "\n".join(f"| {' | '.join(map(_inline, line))} |" for line in lines)


def _inline(value: object) -> str:
    """Writes text in a line of Markdown: what would be markup or HTML is escaped."""
    text = cell(value).plain.replace("\n", " ")
    return "".join(f"\\{one}" if one in "\\`*_{}[]<>#|!~" else one for one in text)
