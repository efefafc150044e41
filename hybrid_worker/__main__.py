"""`python -m hybrid_worker`: works until SIGTERM, SIGINT or Ctrl-C, then leaves with 0.

Exit status 2 means that the settings, or what they name, cannot be used; stderr says which.
"""

import argparse
import json
import signal
import sys
from pathlib import Path
from threading import Event

import structlog

from hybrid_worker.bootstrap import built_loop
from hybrid_worker.logs import configure_logging
from hybrid_worker.settings import load_settings
from shared.domain.errors import ConfigurationError

_log = structlog.get_logger("hybrid_worker")


def main() -> int:
    """Check the settings, and unless that was all, work."""
    arguments = _arguments()
    try:
        settings = load_settings(arguments.settings)
        if arguments.check_settings:
            sys.stdout.write(json.dumps(settings.shown(), indent=2) + "\n")
            return 0
        configure_logging()
        stop = _stop_on_signals()
        with built_loop(settings, stop) as loop:
            _log.info("started", worker=settings.process.name)
            loop.run()
    except ConfigurationError as error:
        sys.stderr.write(f"The worker cannot start:\n{error}\n")
        return 2
    _log.info("stopped")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hybrid_worker", description=__doc__)
    parser.add_argument(
        "--settings", type=Path, default=Path("worker.env"), help="file of SSPR_WORKER_… lines"
    )
    parser.add_argument(
        "--check-settings", action="store_true", help="print the effective settings and leave"
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
