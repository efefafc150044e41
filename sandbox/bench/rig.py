"""The sandbox to measure in: its own state folder, the tenant behind a relay."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console as Screen

from sandbox import supervisor
from sandbox.bench.relay import Relay
from sandbox.console import Console, wait_for
from sandbox.layout import Layout, open_layout
from sandbox.parts import host_settings, part

STATE = Path(".sandbox-bench")
_APP = "functions_host"
_REGISTRATION_SCHEDULE = "0 */15 * * * *"
"""As `local.settings.json.sample` has it. The sandbox's every five seconds would read the report
without a pause, and so measure little else."""


@dataclass(frozen=True, slots=True)
class Rig:
    """A running sandbox, and the relay that the app reaches Graph through."""

    console: Console
    relay: Relay

    @property
    def graph_url(self) -> str:
        """Graph, through the relay."""
        return graph_url(self.relay)


def graph_url(relay: Relay) -> str:
    """Graph behind a relay."""
    return f"http://127.0.0.1:{relay.port}/v1.0"


@contextmanager
def running_rig(company_size: int, screen: Screen) -> Iterator[Rig]:
    """Start from nothing, stop everything, leave nothing but what was downloaded."""
    supervisor.erase(open_layout(STATE, company_size))
    layout = open_layout(STATE, company_size)

    def tell(name: str, seconds: float) -> None:
        screen.print(f"  {name:18} ready, {seconds:.1f} s")

    try:
        with Relay(layout.ports.tenant) as relay:
            supervisor.start(layout, without=[_APP], tell=tell)
            _start_app(layout, relay)
            with Console(layout) as console:
                yield Rig(console, relay)
            supervisor.stop(layout)
    finally:
        supervisor.erase(layout)


def _start_app(layout: Layout, relay: Relay) -> None:
    storage = supervisor.announcement(layout, "azurite")
    chosen = part(_APP, layout, {"azurite": storage})
    file = host_settings(layout)
    settings = json.loads(file.read_text())
    settings["Values"] |= {
        "SSPR_GRAPH_URL": graph_url(relay),
        "SSPR_REGISTRATION_SCHEDULE": _REGISTRATION_SCHEDULE,
        # What is measured is how fast all of them are written, which nobody is to be asked about.
        "SSPR_ADDITIONS_PER_HOUR": "1000000",
        "SSPR_MOST": "unlimited",
    }
    file.write_text(json.dumps(settings, indent=2))
    supervisor.launch(chosen, layout)
    wait_for(lambda: supervisor.announcement(layout, _APP), supervisor.READY_SECONDS, f"the {_APP}")
