"""Starts the host: ``python -m sandbox.functions_host --app DIR --state DIR``."""

import argparse
import asyncio
import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import NoReturn

from sandbox.clock import Clock
from sandbox.functions_host import logs
from sandbox.functions_host.dispatcher import Dispatcher
from sandbox.functions_host.grace import GRACE_SECONDS
from sandbox.functions_host.host import Host, HostError, Start
from sandbox.functions_host.host_options import HostOptions
from sandbox.functions_host.settings import AppSettings, SettingsError, export, load_values
from sandbox.functions_host.storage import PATIENCE_SECONDS
from sandbox.functions_host.worker_process import WorkerProcess


def main() -> int:
    """Parse the command line and serve until SIGTERM or SIGINT."""
    arguments = _arguments()
    logs.to_standard_error()
    try:
        asyncio.run(_serve(arguments))
    except (HostError, SettingsError) as error:
        logging.getLogger(__name__).critical("%s", error)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox.functions_host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="folder with function_app.py")
    parser.add_argument("--settings", type=Path, help="default: local.settings.json in the app")
    parser.add_argument("--state", type=Path, required=True, help="folder for keys and timers")
    parser.add_argument(
        "--clock", type=Path, help='file with {"offsetSeconds": N} that moves the app\'s time'
    )
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="refuse to start where Azure's host would leave a function out, or serve none, or"
        " try for ever, and say so in its log alone",
    )
    parser.add_argument(
        "--expect",
        action="append",
        default=[],
        metavar="FUNCTION",
        help="with --strict: refuse to start without this function; may be repeated",
    )
    parser.add_argument(
        "--grace",
        type=float,
        default=GRACE_SECONDS,
        help=f"seconds that functions have after SIGTERM; Azure's {GRACE_SECONDS}",
    )
    parser.add_argument(
        "--timer-lease",
        type=float,
        help="seconds for which no other host fires a timer after an unclean end; by default"
        " host.json's singleton.listenerLockPeriod, and without it Azure's 60",
    )
    parser.add_argument(
        "--storage-patience",
        type=float,
        default=PATIENCE_SECONDS,
        help=f"seconds after which a missing storage account is given up; {PATIENCE_SECONDS}",
    )
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    app = arguments.app.resolve()
    values = load_values((arguments.settings or app / "local.settings.json").resolve())
    options = HostOptions.load(app / "host.json")
    export(values)
    clock = arguments.clock.resolve() if arguments.clock else None
    dispatcher = Dispatcher(
        partial(WorkerProcess.start, app, clock), timeout=options.function_timeout_seconds
    )
    start = Start(
        state=arguments.state.resolve(),
        address=arguments.address,
        port=arguments.port,
        strict=arguments.strict,
        expected=arguments.expect,
        grace=arguments.grace,
        clock=Clock(clock) if clock else None,
        timer_lease=arguments.timer_lease,
        storage_patience=arguments.storage_patience,
    )
    try:
        await Host(start, AppSettings(values), options, dispatcher).serve(sys.stdout)
    finally:
        await dispatcher.kill()


def _end(status: int) -> NoReturn:
    """End the process at once.

    The interpreter would wait for threads that do not return, and complain of the connections of
    listeners that were cut off.
    """
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _end(main())
