"""`python -m sandbox.bench`: the product beside a script, in one run on one machine."""

import argparse
import json
import signal
import sys
from collections.abc import Iterator
from itertools import islice

from rich.console import Console as Screen

from sandbox.bench.measured import Measured
from sandbox.bench.meter import Meter
from sandbox.bench.one_at_a_time import enrol_in_cloud, enrol_synced
from sandbox.bench.people import WARMING_UP, cloud_people, synced_people
from sandbox.bench.report import as_json, print_report
from sandbox.bench.rig import Rig, running_rig
from sandbox.bench.rollout import enrol

MOST_PEOPLE = 1_000
"""What the webhook takes in one call."""
_WIDTH = 150
"""Columns where there is no terminal, as in a log."""


def main() -> int:
    """Measure and print."""
    arguments = _arguments()
    as_table = arguments.output == "table"
    screen = Screen(stderr=not as_table, width=None if sys.stdout.isatty() else _WIDTH)
    # Told to end, it still takes the sandbox down.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    screen.rule("the sandbox")
    with running_rig(arguments.company_size, screen) as rig:
        measured = []
        for one in _measure(rig, arguments):
            measured.append(one)
            screen.print(f"  measured: {one.case}, {one.way}, {one.people} people")
    if as_table:
        print_report(measured, screen)
    else:
        sys.stdout.write(json.dumps(as_json(measured), indent=2) + "\n")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.bench", description=__doc__)
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
