"""The figures: rates, what they cost, ratios, and where the time goes."""

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console as Screen
from rich.table import Table

from sandbox.bench.measured import Measured, Way

WRITES_ALLOWED = 3000 / 150
"""Writes a second that Graph grants an app in a tenant, whatever the machine.

Source: "Microsoft Graph service-specific throttling limits", identity and access.
"""
_MILESTONES = ("accepted", "decided", "applied", "visible")
_COSTS = {
    "graph.httpRequests": "Graph HTTP requests",
    "graph.batchItems": "  sub-requests in $batch",
    "graph.resourceUnits": "  resource units",
    "graph.writes": "  writes",
    "graph.throttled": "  answers 429",
    "bus.onboarding-events": "messages onboarding-events",
    "bus.scope-changes": "  scope-changes",
    "bus.directory-commands": "  directory-commands",
    "bus.directory-results": "  directory-results",
    "ad.modifies": "LDAP modifies",
    "connect.deltaSyncs": "delta syncs",
}


def print_report(measured: Sequence[Measured], screen: Screen) -> None:
    """One table with everything, and the ratios in words under it."""
    table = Table(title="people a second, and what they cost", title_justify="left")
    table.add_column("")
    for one in measured:
        table.add_column(f"{one.case}\n{one.way}\n{one.people} people", justify="right")
    for name, cells in _rows(measured):
        if cells is None:
            table.add_section()
        else:
            table.add_row(name, *cells)
    screen.print(table)
    for line in _remarks(measured):
        screen.print(line)


def as_json(measured: Sequence[Measured]) -> dict[str, Any]:
    """The same figures, unrounded where they were measured."""
    return {
        "measured": [
            {
                "case": one.case,
                "way": one.way,
                "people": one.people,
                "seconds": dict(one.seconds),
                "peoplePerSecond": {name: one.per_second(name) for name in one.seconds},
                "peoplePerSecondByWriteQuota": _allowed(one),
                "spent": dict(one.spent),
            }
            for one in measured
        ],
        "ratios": dict(_ratios(measured)),
    }


def _rows(measured: Sequence[Measured]) -> Iterator[tuple[str, list[str] | None]]:
    for milestone in _MILESTONES[2:]:
        rates = [one.per_second(milestone) for one in measured]
        yield f"people/s {milestone}", [_number(rate) for rate in rates]
    yield "people/s by Graph's write quota", [_number(_allowed(o)) for o in measured]
    yield "", None
    for milestone in _MILESTONES:
        seconds = [one.seconds.get(milestone) for one in measured]
        yield f"seconds until {milestone}", [_number(each) for each in seconds]
    yield "", None
    for name, title in _COSTS.items():
        yield title, [_number(one.spent.get(name)) for one in measured]
    yield "", None
    for name in _names(measured, "runs."):
        cells = [
            f"{one.spent[f'runs.{name}']:.0f}: {one.spent.get(f'ms.{name}', 0) / 1000:.1f} s"
            if f"runs.{name}" in one.spent
            else ""
            for one in measured
        ]
        yield f"{name}, runs: seconds", cells
    yield "", None
    for name in _names(measured, "cpu."):
        yield f"{name}, CPU seconds", [_number(o.spent.get(f"cpu.{name}")) for o in measured]


def _names(measured: Sequence[Measured], prefix: str) -> list[str]:
    found = {name for one in measured for name in one.spent if name.startswith(prefix)}
    return [name.removeprefix(prefix) for name in sorted(found)]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"  # noqa: PLR2004


def _allowed(one: Measured) -> float | None:
    """The rate at which the quota of writes is used up; None for who writes nothing to Graph."""
    writes = one.per_person("graph.writes")
    return WRITES_ALLOWED / writes if writes else None


def _ratios(measured: Sequence[Measured]) -> Iterator[tuple[str, dict[str, float]]]:
    """Case by case: how many times the script's rate, and the script's costs by ours."""
    for case in dict.fromkeys(one.case for one in measured):
        ours, script = (_one(measured, case, way) for way in (Way.ROLLOUT, Way.SCRIPT))
        ratios = {
            f"people/s {milestone}": (ours.per_second(milestone) or 0) / rate
            for milestone in _MILESTONES
            if (rate := script.per_second(milestone))
        }
        for name, title in _COSTS.items():
            if ours.per_person(name) and script.per_person(name):
                fewer = script.per_person(name) / ours.per_person(name)
                ratios[f"fewer {title.strip()}"] = fewer
        yield case, ratios


def _one(measured: Sequence[Measured], case: str, way: Way) -> Measured:
    return next(one for one in measured if (one.case, one.way) == (case, way))


def _remarks(measured: Sequence[Measured]) -> Iterator[str]:
    yield "\n[bold]sspr-rollout beside one at a time, per person[/]"
    for case, ratios in _ratios(measured):
        yield f"  {case}: " + ", ".join(f"{name} {_number(r)} times" for name, r in ratios.items())
    yield "[bold]what used the processors until all were visible[/]"
    for one in measured:
        if one.way is Way.ROLLOUT:
            shares = {
                name: one.spent[f"cpu.{name}"] / one.seconds["visible"]
                for name in _names([one], "cpu.")
            }
            ordered = sorted(shares.items(), key=lambda share: -share[1])[:3]
            named = ", ".join(f"{name} {share:.0%} of one" for name, share in ordered)
            yield f"  {one.case}: {named}"
    yield from (
        "",
        "The baseline was run on fewer people and is shown as it is; rates are per person.",
        "It keeps no record, follows nobody up and never retries but for 429 and a busy host.",
        "Without a delay Graph is on this machine's loopback, which flatters whoever asks often;",
        "a sandbox's delta sync takes a second, a real one minutes, for one person or a thousand.",
    )
