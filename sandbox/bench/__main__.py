"""`python -m sandbox.bench`: the product beside scripts, in one run on one machine."""

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import Any

from rich.console import Console as Screen

from sandbox.bench.importing import measure_imports
from sandbox.bench.importing_report import imports_as_json, print_imports
from sandbox.bench.measured import Measured
from sandbox.bench.meter import Meter
from sandbox.bench.one_at_a_time import enrol_in_cloud, enrol_synced
from sandbox.bench.people import WARMING_UP, cloud_people, synced_people
from sandbox.bench.planned import Planned
from sandbox.bench.planning import SIZES, measure_plans
from sandbox.bench.planning_report import plans_as_json, print_plans
from sandbox.bench.report import as_json, print_report
from sandbox.bench.rig import Rig, running_rig
from sandbox.bench.rollout import enrol
from sandbox.guardian import guarded, unwind_on_signals

MOST_PEOPLE = 1_000
"""What the webhook takes in one call."""
_FEWEST_PLANNED = 1_000
_WIDTH = 150
"""Columns where there is no terminal, as in a log."""


def main() -> int:
    """Measure and print."""
    arguments = _arguments()
    as_table = arguments.output == "table"
    screen = Screen(stderr=not as_table, width=None if sys.stdout.isatty() else _WIDTH)
    unwind_on_signals()
    with guarded():
        return _measured(arguments, screen, as_table=as_table)


def _measured(arguments: argparse.Namespace, screen: Screen, *, as_table: bool) -> int:
    imported = list(measure_imports())
    figures: dict[str, Any] = {"import": imports_as_json(imported)}
    if as_table:
        print_imports(imported, screen)
    if arguments.part != "import":
        figures |= _work(arguments, screen, as_table=as_table)
    if not as_table:
        sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    return 0


def _work(arguments: argparse.Namespace, screen: Screen, *, as_table: bool) -> dict[str, Any]:
    planned = _plan(arguments, screen)
    if as_table:
        print_plans(planned, screen)
    figures: dict[str, Any] = {"planning": plans_as_json(planned)}
    if arguments.part != "planning":
        measured = _enrol(arguments, screen)
        if as_table:
            print_report(measured, screen)
        figures |= as_json(measured)
    return figures


def _plan(arguments: argparse.Namespace, screen: Screen) -> list[Planned]:
    screen.rule("planning")
    planned = []
    for one in measure_plans(arguments.plan_sizes):
        planned.append(one)
        screen.print(f"  measured: {one.planner}, {one.people:,} people")
    return planned


def _enrol(arguments: argparse.Namespace, screen: Screen) -> list[Measured]:
    screen.rule("the sandbox")
    measured = []
    with running_rig(arguments.company_size, screen) as rig:
        for one in _measure(rig, arguments):
            measured.append(one)
            screen.print(f"  measured: {one.case}, {one.way}, {one.people} people")
    return measured


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.bench", description=__doc__)
    parser.add_argument(
        "part",
        nargs="?",
        choices=["everything", "planning", "import"],
        default="everything",
        help="planning and import need no sandbox",
    )
    parser.add_argument(
        "--plan-sizes",
        type=_crowd,
        nargs="+",
        default=SIZES,
        metavar="PEOPLE",
        help="how many people to plan for, from few to many",
    )
    parser.add_argument("--company-size", type=int, default=2600)
    parser.add_argument("--people", type=_people, default=MOST_PEOPLE, help="in each measurement")
    parser.add_argument("--cloud-baseline", type=int, default=200, help="cloud-only people")
    parser.add_argument("--synced-baseline", type=int, default=40, help="synced people")
    parser.add_argument(
        "--graph-round-trip",
        type=float,
        default=50.0,
        metavar="MS",
        help="added on the way to Graph in the second measurement of cloud-only people",
    )
    parser.add_argument("--output", choices=["table", "json"], default="table")
    return parser.parse_args()


def _crowd(text: str) -> int:
    count = int(text)
    if count < _FEWEST_PLANNED:
        raise argparse.ArgumentTypeError(f"at least {_FEWEST_PLANNED}: fewer take no memory")
    return count


def _people(text: str) -> int:
    count = int(text)
    if not 1 <= count <= MOST_PEOPLE:
        raise argparse.ArgumentTypeError(f"1 to {MOST_PEOPLE}, the most that one call takes")
    return count


def _measure(rig: Rig, arguments: argparse.Namespace) -> Iterator[Measured]:
    """The baselines first, while the product has nothing to do."""
    console, meter = rig.console, Meter(rig.console)
    size, count = arguments.company_size, arguments.people
    few, few_synced = arguments.cloud_baseline, arguments.synced_baseline
    far = f"cloud, Graph {arguments.graph_round_trip:.0f} ms away"
    cloud = cloud_people(console, size, 2 * (count + few))
    synced = synced_people(size, count + few_synced)
    enrol(console, meter, "warming up", list(WARMING_UP.values()))
    for case, round_trip in ("cloud", 0.0), (far, arguments.graph_round_trip / 1000):
        rig.relay.round_trip = round_trip
        yield enrol_in_cloud(console, meter, case, list(islice(cloud, few)), rig.graph_url)
        yield enrol(console, meter, case, list(islice(cloud, count)))
    rig.relay.round_trip = 0.0
    yield enrol_synced(console, meter, "synced", list(islice(synced, few_synced)))
    yield enrol(console, meter, "synced", list(islice(synced, count)))


if __name__ == "__main__":
    sys.exit(main())
