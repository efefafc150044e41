"""What a cold start imports: the app beside one that does nothing, each in a process of its own."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

RUNS = 5
_APP = Path(__file__).parents[2]
BARE, OURS = "a bare app", "sspr-rollout"
_BARE_APP = """
import azure.functions as func

app = func.FunctionApp()


@app.route("ping")
def ping(req: func.HttpRequest) -> str:
    return "pong"
"""
_SETTINGS = {
    "SSPR_SCOPE_GROUP_ID": "00000000-0000-0000-0000-000000000001",
    "SSPR_LEDGER_ENDPOINT": "https://ledger.table.core.windows.net",
    "ServiceBusConnection__fullyQualifiedNamespace": "bus.servicebus.windows.net",
}
# On one core, as the smallest instance has it; what the interpreter itself costs is left out.
_PROBE = """
import json, os, sys, time
from pathlib import Path
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
sys.path.insert(0, sys.argv[1])
began = time.process_time()
import function_app
functions = function_app.app.get_functions()
used = time.process_time() - began
# What getrusage tells begins with the parent's, from before the program was exchanged.
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
peak = int(status["VmHWM"].split()[0])
print(json.dumps([used, peak, len(sys.modules), len(functions)]))
"""


@dataclass(frozen=True, slots=True)
class Imported:
    """The medians of several fresh processes; modules are compiled beforehand."""

    app: str
    processor_seconds: float
    peak_megabytes: float
    """Of the whole process, the interpreter included."""
    modules: int
    functions: int


def measure_imports() -> Iterator[Imported]:
    """The baseline first, then the app as this checkout has it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "function_app.py").write_text(_BARE_APP)
        yield _measured(BARE, Path(folder))
    yield _measured(OURS, _APP)


def _measured(name: str, app: Path) -> Imported:
    _probed(app)
    runs = [_probed(app) for _ in range(RUNS)]
    used, peak, modules, functions = (statistics.median(each) for each in zip(*runs, strict=True))
    return Imported(name, used, peak / 1024, int(modules), int(functions))


def _probed(app: Path) -> list[float]:
    command = [sys.executable, "-c", _PROBE, str(app)]
    ran = subprocess.run(
        command, env=_environment(), cwd=app, capture_output=True, text=True, check=True
    )
    found: list[float] = json.loads(ran.stdout)
    return found


def _environment() -> Mapping[str, str]:
    """Nothing of this machine's that would change what is imported."""
    return {"PATH": os.environ["PATH"], **_SETTINGS}
