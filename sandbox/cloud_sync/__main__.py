"""Run Cloud Sync's agents: `python -m sandbox.cloud_sync --state DIR ...`.

At its first start it runs the initial cycle before it says that it is ready, with one line of
JSON that names its port. It stays until SIGTERM.
"""

import argparse
import json
import logging
import signal
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

from sandbox.clock import Clock
from sandbox.cloud_sync.conditions import Conditions
from sandbox.cloud_sync.control import Control
from sandbox.cloud_sync.cycles import Cycles
from sandbox.cloud_sync.scheduler import Scheduler
from sandbox.company import SYNCED_SCOPE_GROUP
from sandbox.directory_sync.active_directory import ActiveDirectory
from sandbox.directory_sync.control_api import control_handler

_ADDRESS = "127.0.0.1"
_POLL_SECONDS = 0.05
"""How long the server may take to notice that it is to stop."""


def main() -> None:
    """Run the initial cycle if need be, then one every interval until SIGTERM or SIGINT."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    arguments.state.mkdir(parents=True, exist_ok=True)
    ad = ActiveDirectory(arguments.ldaps, arguments.certificates / "ca.pem")
    cycles = Cycles(
        ad,
        arguments.tenant,
        arguments.scope_group,
        state=arguments.state,
        conditions=Conditions(interval_seconds=arguments.interval_seconds),
        clock=Clock(arguments.clock or arguments.state / "clock.json"),
    )
    _run_initially(cycles)
    scheduler = Scheduler(cycles)
    handler = control_handler(Control(cycles, ad).routes)
    server = ThreadingHTTPServer((_ADDRESS, arguments.control_port), handler)
    scheduler.start()
    threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()
    sys.stdout.write(json.dumps({"control": server.server_port}) + "\n")
    sys.stdout.flush()
    stopping.wait()
    scheduler.stop()
    cycles.stop()
    server.shutdown()
    server.server_close()


def _run_initially(cycles: Cycles) -> None:
    if not cycles.needs_initial_cycle:
        return
    cycle = cycles.run("initial")
    if cycle.result != "success":
        raise SystemExit(f"the initial cycle has not worked, {cycle.result}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox.cloud_sync", description=__doc__)
    add = parser.add_argument
    add("--state", type=Path, required=True, help="folder that outlives the process")
    add("--control-port", type=int, default=0, help="control API; 0 takes a free one")
    add("--ldaps", required=True, help="URL of the domain controller")
    add("--certificates", type=Path, required=True, help="the sandbox's folder")
    add("--tenant", required=True, help="base URL of the tenant whose job this is")
    add("--scope-group", default=SYNCED_SCOPE_GROUP, help="the AD group that is synced")
    add("--interval-seconds", type=float, default=120.0, help="between two cycles")
    add("--clock", type=Path, help="file of the sandbox's time; by default one of its own")
    return parser.parse_args()


if __name__ == "__main__":
    main()
