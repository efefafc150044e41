"""The whole company on one loopback.

up      start everything; what was stored before is still there
down    stop everything
reset   begin anew, with nobody enrolled and with other keys
status  which parts run
env     what sspr needs to know, for: source <(python -m sandbox env)
clock   the time of app and tenant; --by moves it on
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx

from sandbox import core_tools, supervisor
from sandbox.clock import Clock
from sandbox.console import Console
from sandbox.guardian import guarded, unwind_on_signals
from sandbox.layout import SYNCS, Layout, open_layout
from sandbox.parts import STAGES, belongs, clock_file

_NAMES = [name for stage in STAGES for name in stage]
_INTERRUPTED = 130
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def main() -> int:
    """Run one command; exit status 1 where a part failed or does not run."""
    arguments = _arguments()
    unwind_on_signals()
    layout = open_layout(arguments.state, arguments.company_size, arguments.sync)
    commands: dict[str, Callable[[], int]] = {
        "up": lambda: _up(layout, arguments.without),
        "down": lambda: _down(layout),
        "reset": lambda: _reset(layout, arguments.without),
        "status": lambda: _status(layout),
        "env": lambda: _env(layout),
        "clock": lambda: _clock(layout, arguments.by),
    }
    try:
        return commands[arguments.command]()
    except KeyboardInterrupt:
        return _INTERRUPTED


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["up", "down", "reset", "status", "env", "clock"])
    parser.add_argument(
        "--state", type=Path, default=Path(".sandbox"), help="where it is kept; .sandbox by default"
    )
    parser.add_argument(
        "--company-size", type=int, default=300, help="people, at the first up; 300"
    )
    parser.add_argument(
        "--sync",
        choices=SYNCS,
        default="connect",
        help="at the first up: Entra Connect, Entra Cloud Sync, or Entra Connect that nobody asks",
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=_NAMES,
        help="leave a part out, such as functions_host where `func start` runs the app",
    )
    parser.add_argument(
        "--by", type=_span, metavar="2d|6h|30m", help="with clock: how much time is to pass at once"
    )
    return parser.parse_args()


def _span(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,5})([dhm])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"expected a span such as 2d, 6h or 30m, got {text!r}")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _up(layout: Layout, without: list[str]) -> int:
    """Start all; where that fails or is interrupted, nothing that was started here is left."""
    with guarded() as guard:
        try:
            supervisor.start(layout, without=without, tell=_tell)
        except supervisor.PartFailedError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        core_tools.write_settings(layout)
        guard.release()
    sys.stderr.write(f"logs: {layout.logs}\nthe app: {layout.functions_url}/api\n")
    sys.stderr.write("for sspr in this shell: source <(.venv/bin/python -m sandbox env)\n")
    return 0


def _tell(name: str, seconds: float) -> None:
    sys.stderr.write(f"{name:20} ready ({seconds:.1f} s)\n")


def _down(layout: Layout) -> int:
    supervisor.stop(layout)
    return 0


def _reset(layout: Layout, without: list[str]) -> int:
    supervisor.erase(layout)
    return _up(open_layout(layout.state, layout.company_size, layout.sync), without)


def _status(layout: Layout) -> int:
    alive = supervisor.running(layout)
    names = [name for name in _NAMES if belongs(name, layout)]
    parts = {name: alive[name].pid if name in alive else None for name in names}
    sys.stdout.write(json.dumps({"parts": parts, "functions": layout.functions_url}, indent=2))
    sys.stdout.write("\n")
    return 0 if all(parts.values()) else 1


def _env(layout: Layout) -> int:
    """What the CLI needs to know, and where trouble can be made, as a shell reads it."""
    key = _key(layout)
    if key is None:
        return _not_up()
    sys.stdout.write(f"export SSPR_URL={layout.functions_url}/api\n")
    sys.stdout.write(f"export SSPR_KEY={key}\n")
    sys.stdout.write(f"export SANDBOX_TENANT={layout.tenant_url}\n")
    sys.stdout.write(f"export SANDBOX_CONNECT={layout.connect_url}\n")
    return 0


def _clock(layout: Layout, by: timedelta | None) -> int:
    """The time of app and tenant, after it has been moved."""
    if by:
        if not _keys(layout).exists():
            return _not_up()
        try:
            with Console(layout) as console:
                console.move_clock(by)
        except httpx.HTTPError as error:
            sys.stderr.write(f"the clock could not be moved: {error}\n")
            return 1
    sys.stdout.write(f"{Clock(clock_file(layout)).now().isoformat(timespec='seconds')}\n")
    return 0


def _key(layout: Layout) -> str | None:
    """What opens the app; None where it has not run yet."""
    if _keys(layout).exists():
        key: str = json.loads(_keys(layout).read_text())["functionKeys"]["default"]
        return key
    return core_tools.ANY_KEY if core_tools.settings_file(layout).exists() else None


def _keys(layout: Layout) -> Path:
    return layout.state / "functions" / "host-keys.json"


def _not_up() -> int:
    sys.stderr.write("the app has not run yet: python -m sandbox up\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
