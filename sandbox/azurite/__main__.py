"""Run Azurite: `python -m sandbox.azurite --state DIR --cache DIR`.

Prints one line of JSON when its services listen, then stays until SIGTERM. When Azurite ends by
itself, so does this process, with exit code 1. What was written survives a restart.
"""

import argparse
import json
import logging
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sandbox.azurite.installation import entry_point

_log = logging.getLogger(__name__)

_STOP_SECONDS = 10
_LIMITS = Path(__file__).parent / "limits.cjs"
"""Teaches Azurite the limits of rows and properties that Azure has and it has not."""
_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is .*listening at .*:(\d+)")
_ACCOUNT = "devstoreaccount1"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Every Azurite's account and key, published by Microsoft."""


def main() -> int:
    """Start Azurite, announce it and wait for its end."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    script = entry_point(arguments.cache.absolute())
    command = _command(
        script, arguments.state.absolute(), arguments.table_port, arguments.blob_port
    )
    with _node(command) as (node, output):
        ports = _ports(output)
        if ports is not None:
            sys.stdout.write(json.dumps(_announcement(ports)) + "\n")
            sys.stdout.flush()
        for line in output:
            _log.info("%s", line.rstrip())
        node.wait()
    _log.error("Azurite ended by itself with exit code %d", node.returncode)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sandbox.azurite", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="folder of what is stored")
    parser.add_argument("--cache", type=Path, required=True, help="folder of installed programs")
    parser.add_argument("--table-port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--blob-port", type=int, default=0, help="0 takes a free one (default)")
    return parser.parse_args()


def _command(script: Path, state: Path, table_port: int, blob_port: int) -> list[str]:
    # All services in one process: it weighs hardly more than the table service by itself, which
    # moreover dies of SIGTERM unsaved and does not tell the port it has taken.
    ports = [f"--tablePort={table_port}", f"--blobPort={blob_port}", "--queuePort=0"]
    options = ["--silent", "--disableTelemetry", "--skipApiVersionCheck", f"--location={state}"]
    return ["node", "--require", str(_LIMITS), str(script), *ports, *options]


@contextmanager
def _node(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    node = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    if node.stdout is None:
        raise RuntimeError("the standard output of node was to be a pipe")
    try:
        yield node, node.stdout
    finally:
        node.terminate()
        try:
            # Not `wait`: node writes while it closes, and would block on a full pipe.
            node.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            node.kill()
            node.communicate()


def _ports(output: IO[str]) -> dict[str, int] | None:
    """The port of each service once all listen; None if the output ends before."""
    ports: dict[str, int] = {}
    for line in output:
        _log.info("%s", line.rstrip())
        if found := _LISTENING.search(line):
            ports[found[1].lower()] = int(found[2])
        if len(ports) == len(("blob", "queue", "table")):
            return ports
    return None


def _announcement(ports: dict[str, int]) -> dict[str, str | int]:
    endpoints = [
        f"{service.capitalize()}Endpoint=http://127.0.0.1:{port}/{_ACCOUNT}"
        for service, port in ports.items()
    ]
    account = ["DefaultEndpointsProtocol=http", f"AccountName={_ACCOUNT}", f"AccountKey={_KEY}"]
    return {
        "table": ports["table"],
        "blob": ports["blob"],
        "connectionString": ";".join((*account, *endpoints)),
    }


if __name__ == "__main__":
    sys.exit(main())
