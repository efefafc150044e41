"""What a way of working costs: read before and after, and subtracted."""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping

import psutil

from sandbox import supervisor
from sandbox.console import Console

type Reading = Mapping[str, float]
"""Counts since the sandbox's start, by names such as `graph.writes`."""

MOST_VALUES = 1000
"""People that the worker puts into one LDAP modify."""
_EXECUTED = re.compile(r"executed function=(\w+) .*?duration_ms=(\d+)")
_GRAPH = ("httpRequests", "batchItems", "resourceUnits", "writes")


class Meter:
    """Reads what every part of a sandbox counts anyway; nothing is slowed down by it."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._logs = console.layout.logs
        self._read = 0
        self._invocations: Counter[str] = Counter()

    def invocations(self) -> Counter[str]:
        """How often each function has ended, `runs.NAME`, and its milliseconds, `ms.NAME`."""
        with (self._logs / "functions_host.log").open("rb") as log:
            log.seek(self._read)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read += len(whole)
        for name, milliseconds in _EXECUTED.findall(whole.decode()):
            self._invocations[f"runs.{name}"] += 1
            self._invocations[f"ms.{name}"] += int(milliseconds)
        return Counter(self._invocations)

    def read(self) -> Reading:
        """Everything, now."""
        graph = self._console.tenant.get("/sandbox/requests").raise_for_status().json()
        queues = self._console.bus.get("/queues").raise_for_status().json()
        cycles = self._console.connect.get("/cycles").json()
        return {
            **{f"graph.{name}": graph[name] for name in _GRAPH},
            "graph.throttled": graph["statuses"].get("429", 0),
            **{f"bus.{name}": queue["totals"]["sent"] for name, queue in queues.items()},
            "connect.deltaSyncs": sum(cycle["trigger"] == "cmdlet" for cycle in cycles),
            "ad.modifies": self._modifies(),
            **self._processor_seconds(),
            **self.invocations(),
        }

    def _modifies(self) -> int:
        lines = (self._logs / "hybrid_worker.log").read_text().splitlines()
        events = [json.loads(line) for line in lines if '"group-written"' in line]
        return sum(math.ceil((e["added"] + e["removed"]) / MOST_VALUES) for e in events)

    def _processor_seconds(self) -> dict[str, float]:
        return {
            f"cpu.{name}": sum(map(_used, [process, *process.children(recursive=True)]))
            for name, process in supervisor.running(self._console.layout).items()
        }


def spent(before: Reading, after: Reading) -> dict[str, float]:
    """What was counted in between, without what was not."""
    differences = {name: after[name] - before.get(name, 0) for name in after}
    return {name: round(count, 2) for name, count in differences.items() if count > 0}


def _used(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
