"""The figures of planning: by size, by the person, and whether they grow with the people alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console as Screen
from rich.table import Table

from sandbox.bench.planned import Planned, Planner

_COLUMNS = ("people", "put in", "CPU s", "CPU s with people", "µs each", "MB at most", "bytes each")


def print_plans(planned: Sequence[Planned], screen: Screen) -> None:
    """A row for each plan, and under the table what they say."""
    table = Table(title="a plan for everybody", title_justify="left")
    table.add_column("")
    for name in _COLUMNS:
        table.add_column(name, justify="right")
    for one in planned:
        table.add_row(
            one.planner,
            f"{one.people:,}",
            f"{one.added:,}",
            f"{one.seconds:.2f}",
            f"{one.seconds_with_people:.2f}",
            f"{one.seconds / one.people * 1e6:.2f}",
            f"{one.peak_bytes / 1e6:,.0f}",
            f"{one.peak_bytes / one.people:,.0f}",
        )
    screen.print(table)
    for line in _remarks(planned):
        screen.print(line)


def plans_as_json(planned: Sequence[Planned]) -> dict[str, Any]:
    """The same figures, unrounded."""
    return {
        "measured": [
            {
                "way": one.planner,
                "people": one.people,
                "added": one.added,
                "processorSeconds": one.seconds,
                "processorSecondsWithPeople": one.seconds_with_people,
                "peakBytes": one.peak_bytes,
            }
            for one in planned
        ],
        "growthPerPerson": {planner: _growth(planned, planner) for planner in Planner},
    }


def _growth(planned: Sequence[Planned], planner: Planner) -> Mapping[str, float]:
    """What each person takes among the most people over the fewest; 1 is linear."""
    by_size = sorted((one for one in planned if one.planner is planner), key=lambda o: o.people)
    few, most = by_size[0], by_size[-1]
    times = most.people / few.people
    return {
        "seconds": most.seconds / few.seconds / times,
        "peakBytes": most.peak_bytes / few.peak_bytes / times,
    }


def _remarks(planned: Sequence[Planned]) -> Iterator[str]:
    sizes = [one.people for one in planned]
    yield f"\n[bold]per person, {max(sizes):,} people over {min(sizes):,}; 1.00 is linear[/]"
    for planner in Planner:
        growth = _growth(planned, planner)
        yield f"  {planner}: time {growth['seconds']:.2f}, memory {growth['peakBytes']:.2f}"
    yield from (
        "Memory is beyond that of an interpreter with its modules, and includes what the ledger",
        "knows of those who are in already. The plan's people are made one by one and not kept,",
        "the list's are rows of a file. The list has no reasons, no strata, no fingerprint and",
        "nobody to take out, and picks other people whenever it is made.",
    )
