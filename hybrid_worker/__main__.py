"""`python -m hybrid_worker`: works until SIGTERM, SIGINT or Ctrl-C, then leaves with 0.

`python -m hybrid_worker check` proves from this machine that everything is in place: exit status 0
if all is, 1 if something failed. Exit status 2 means that the settings, or what they name, cannot
be used; stderr says which.
"""

import argparse
import io
import json
import logging
import signal
import sys
from pathlib import Path
from threading import Event

import structlog

from hybrid_worker.bootstrap import built_checks, built_loop
from hybrid_worker.check.outcome import CheckOutcome, CheckState, exit_status, outcomes
from hybrid_worker.check.report import as_json, line, summary
from hybrid_worker.logs import configure_logging
from hybrid_worker.settings import WorkerSettings, load_settings
from shared.domain.errors import ConfigurationError

_log = structlog.get_logger("hybrid_worker")
_BESIDE = Path("worker.env")


def main() -> int:
    """Loads the settings, then works, checks, or only shows them; returns the exit status."""
    arguments = _arguments()
    try:
        settings = load_settings(_file(arguments.settings))
        if arguments.check_settings:
            sys.stdout.write(json.dumps(settings.shown(), indent=2) + "\n")
            return 0
        configure_logging(_log_file(arguments.log_file))
        if arguments.command == "check":
            return _check(settings, in_json=arguments.output == "json")
        return _work(settings)
    except ConfigurationError as error:
        sys.stderr.write(f"The worker cannot start:\n{error}\n")
        return 2


def _file(named: Path | None) -> Path:
    """Returns the settings' file; the one beside us may be missing, one that was named may not."""
    if named is not None and not named.is_file():
        raise ConfigurationError(f"--settings {named}: there is no such file")
    return named or _BESIDE


def _log_file(named: Path | None) -> Path | None:
    if named is not None and not named.parent.is_dir():
        raise ConfigurationError(f"--log-file {named}: there is no such folder")
    return named


def _work(settings: WorkerSettings) -> int:
    stop = _stop_on_signals()
    with built_loop(settings, stop) as loop:
        _log.info("started", worker=settings.process.name)
        loop.run()
    _log.info("stopped")
    return 0


def _check(settings: WorkerSettings, *, in_json: bool) -> int:
    # What the libraries complain of is in the outcomes.
    logging.disable(logging.CRITICAL)
    # A group's name may hold what a file in the code page of Windows cannot.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    seen = [CheckOutcome("settings", CheckState.PASSED, "complete, and every name is known")]
    if not in_json:
        sys.stdout.write(f"{line(seen[0])}\n")
    with built_checks(settings) as checks:
        for outcome in outcomes(checks):
            seen.append(outcome)
            if not in_json:
                sys.stdout.write(f"{line(outcome)}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{as_json(seen) if in_json else summary(seen)}\n")
    return exit_status(seen)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hybrid_worker", description=__doc__)
    parser.add_argument(
        "--settings",
        type=Path,
        help="file of SSPR_WORKER_… lines, as worker.env.sample has them all; else worker.env here",
    )
    parser.add_argument(
        "--check-settings", action="store_true", help="print the effective settings and leave"
    )
    parser.add_argument(
        "--log-file", type=Path, help="log there and rotate it, where nobody keeps stderr"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    commands.add_parser("work", help="what is done without a command")
    check = commands.add_parser("check", help="prove every right from this machine, and leave")
    check.add_argument("--output", choices=["text", "json"], default="text", help="the form")
    # Suppressed, so that it does not undo what stood before the command.
    check.add_argument(
        "--settings", type=Path, default=argparse.SUPPRESS, help="as before the command"
    )
    return parser.parse_args()


def _stop_on_signals() -> Event:
    stop = Event()
    signals = [signal.SIGTERM, signal.SIGINT]
    if sys.platform == "win32":
        signals.append(signal.SIGBREAK)
    for number in signals:
        signal.signal(number, lambda *_: stop.set())
    return stop


if __name__ == "__main__":
    sys.exit(main())
