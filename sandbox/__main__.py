"""`python -m sandbox up|down|reset|status|env`: the whole company on this machine's loopback."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from sandbox import supervisor
from sandbox.layout import Layout, open_layout
from sandbox.parts import STAGES

_NAMES = [name for stage in STAGES for name in stage]


def main() -> int:
    """Run one command; exit status 1 where a part failed or does not run."""
    arguments = _arguments()
    layout = open_layout(arguments.state, arguments.company_size)
    commands: dict[str, Callable[[], int]] = {
        "up": lambda: _up(layout, arguments.without),
        "down": lambda: _down(layout),
        "reset": lambda: _reset(layout, arguments.without),
        "status": lambda: _status(layout),
        "env": lambda: _env(layout),
    }
    return commands[arguments.command]()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "reset", "status", "env"])
    parser.add_argument("--state", type=Path, default=Path(".sandbox"), help="where it is kept")
    parser.add_argument("--company-size", type=int, default=300, help="people, at the first up")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=_NAMES,
        help="leave a part out, such as functions_host where `func start` runs the app",
    )
    return parser.parse_args()


def _up(layout: Layout, without: list[str]) -> int:
    try:
        supervisor.start(layout, without=without, tell=_tell)
    except supervisor.PartFailedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"logs: {layout.logs}\nthe app: {layout.functions_url}/api\n")
    return 0


def _tell(name: str, seconds: float) -> None:
    sys.stderr.write(f"{name:20} ready ({seconds:.1f} s)\n")


def _down(layout: Layout) -> int:
    supervisor.stop(layout)
    return 0


def _reset(layout: Layout, without: list[str]) -> int:
    size = layout.company_size
    supervisor.erase(layout)
    return _up(open_layout(layout.state, size), without)


def _status(layout: Layout) -> int:
    alive = supervisor.running(layout)
    parts = {name: alive[name].pid if name in alive else None for name in _NAMES}
    sys.stdout.write(json.dumps({"parts": parts, "functions": layout.functions_url}, indent=2))
    sys.stdout.write("\n")
    return 0 if all(parts.values()) else 1


def _env(layout: Layout) -> int:
    """What the CLI needs to know, as a shell reads it."""
    file = layout.state / "functions" / "host-keys.json"
    if not file.exists():
        sys.stderr.write("the app has not run yet: python -m sandbox up\n")
        return 1
    keys = json.loads(file.read_text())
    sys.stdout.write(f"export SSPR_URL={layout.functions_url}/api\n")
    sys.stdout.write(f"export SSPR_KEY={keys['functionKeys']['default']}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
