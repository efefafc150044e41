"""`python -m sandbox.bench planning`: how long a plan for a million people takes, and how big.

Each plan is drawn up in a process of its own, which is this module started with its size: only
there is the highest use of memory that plan's alone.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from sandbox.bench.crowd import NOW, POLICY, already_in, crowd, half_done
from sandbox.bench.planned import Planned, Planner
from sandbox.bench.shuffled_list import make_lists, read_file, write_file
from shared.domain.person.people import Candidate
from shared.domain.plan.planning import plan_scope

SIZES = (250_000, 500_000, 1_000_000)
_CHUNK = 10_000
"""People made at once, so that reading the time takes none to speak of."""


def measure_plans(sizes: Sequence[int]) -> Iterator[Planned]:
    """A plan of either way for each size.

    Raises:
        RuntimeError: the two did not put in the same number of people.
    """
    for size in sizes:
        ours, script = (_in_new_process(planner, size) for planner in Planner)
        if ours.added != script.added:
            raise RuntimeError(f"of {size} people {ours.added} and {script.added} were put in")
        yield ours
        yield script


def _in_new_process(planner: Planner, people: int) -> Planned:
    command = [sys.executable, "-m", __name__, planner.name, str(people)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    figures = json.loads(done.stdout)
    return Planned(**figures | {"planner": planner})


def main() -> None:
    """Draw up one plan and print what it took, as JSON."""
    parser = argparse.ArgumentParser(prog=f"python -m {__spec__.name}", description=__doc__)
    parser.add_argument("planner", choices=[planner.name for planner in Planner])
    parser.add_argument("people", type=int)
    arguments = parser.parse_args()
    plan = {Planner.ROLLOUT: _draw_up, Planner.SCRIPT: _make_lists}
    planned = plan[Planner[arguments.planner]](arguments.people)
    sys.stdout.write(json.dumps(asdict(planned)))


class _Timed:
    """The people as they are made, and how long that took."""

    def __init__(self, people: Iterator[Candidate]) -> None:
        self._people = people
        self.seconds = 0.0

    def __iter__(self) -> Iterator[Candidate]:
        while chunk := self._next():
            yield from chunk

    def _next(self) -> list[Candidate]:
        began = process_time()
        chunk = list(islice(self._people, _CHUNK))
        self.seconds += process_time() - began
        return chunk


def _draw_up(size: int) -> Planned:
    empty = _peak_bytes()
    rollout, summaries, people = half_done(size), already_in(size), _Timed(crowd(size))
    began = process_time()
    plan = plan_scope(
        people,
        summaries,
        summaries.keys(),
        rollout,
        rollout.document.governs(POLICY),
        NOW,
        through=len(rollout.document.waves),
    )
    seconds = process_time() - began
    return Planned(
        planner=Planner.ROLLOUT,
        people=plan.listed,
        added=len(plan.additions),
        seconds=seconds - people.seconds,
        seconds_with_people=seconds,
        peak_bytes=_peak_bytes() - empty,
    )


def _make_lists(size: int) -> Planned:
    empty = _peak_bytes()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        write_file(file, size)
        members = set(already_in(size))
        began = process_time()
        rows = read_file(file)
        read = process_time()
        lists = make_lists(rows, members)
        ended = process_time()
    return Planned(
        planner=Planner.SCRIPT,
        people=len(rows),
        added=sum(map(len, lists.values())),
        seconds=ended - read,
        seconds_with_people=ended - began,
        peak_bytes=_peak_bytes() - empty,
    )


def _peak_bytes() -> int:
    """The most memory that this process has used.

    Not `ru_maxrss`: that begins with what the process that started this one had used.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    (kibibytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kibibytes) * 1024


if __name__ == "__main__":
    main()
