"""Starts the host: ``python -m sandbox.functions_host --app DIR --state DIR``."""

import argparse
import asyncio
import contextlib
import logging
import os
import sys
from pathlib import Path
from typing import NoReturn

from sandbox.clock import Clock
from sandbox.functions_host import logs
from sandbox.functions_host.host import HostError, serve


def main() -> int:
    """Parse the command line and serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="sandbox.functions_host", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="folder with function_app.py")
    parser.add_argument("--settings", type=Path, help="default: local.settings.json in the app")
    parser.add_argument("--state", type=Path, required=True, help="folder for keys and timers")
    parser.add_argument(
        "--clock", type=Path, help='file with {"offsetSeconds": N} that moves the app\'s time'
    )
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    arguments = parser.parse_args()
    logs.to_standard_error()
    # Functions may print; standard output is for the one line that says where the host listens.
    standard_output = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        try:
            asyncio.run(
                serve(
                    app=arguments.app.resolve(),
                    settings=(
                        arguments.settings or arguments.app / "local.settings.json"
                    ).resolve(),
                    state=arguments.state.resolve(),
                    clock=Clock(arguments.clock.resolve()) if arguments.clock else None,
                    address=arguments.address,
                    port=arguments.port,
                    ready=standard_output,
                )
            )
        except HostError as error:
            logging.getLogger(__name__).critical("cannot start: %s", error)
            return 1
    return 0


def _end(status: int) -> NoReturn:
    """End the process as Azure ends its worker's, with whatever the app has left open.

    The interpreter would wait for the threads of functions that do not return, and complain of the
    clients that an app keeps for its whole life, which nobody is there to close.
    """
    logging.shutdown()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _end(main())
