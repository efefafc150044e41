"""Runs the simulated tenant: `python -m sandbox.tenant --state DIR --port N --signing-key FILE`."""

import argparse
import json
import socket
import sys
from asyncio import Transport
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.company import build_company
from sandbox.tenant.app import make_app
from sandbox.tenant.clock import Clock
from sandbox.tenant.contract import Contract
from sandbox.tenant.faults import Faults
from sandbox.tenant.store import Store
from sandbox.tenant.tenant import Tenant

_PATIENCE_SECONDS = 2


class _AbortableProtocol(HttpToolsProtocol):
    """Shows handlers their connection, so that a fault can cut it."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """Stops without raising the signal again, and lets go of what a fault holds back."""

    def __init__(self, config: uvicorn.Config, faults: Faults) -> None:
        super().__init__(config)
        self._faults = faults

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # its type
        self.should_exit = True
        self._faults.clear()


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    arguments = _arguments()
    store = Store(arguments.state)
    clock = Clock(arguments.clock or arguments.state / "clock.json")
    tenant = Tenant(
        company=build_company(arguments.company_size),
        store=store,
        signing_key=arguments.signing_key.read_bytes(),
        clock=clock,
        contract=Contract(arguments.contract) if arguments.contract else None,
        connect_host=arguments.connect_host,
        granted_for=tuple(arguments.granted_for),
    )
    config = uvicorn.Config(
        make_app(tenant, arguments.identity_header),
        http=_AbortableProtocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        # Longer than clients keep a connection: else one is closed as it is used again.
        timeout_keep_alive=60,
        timeout_graceful_shutdown=_PATIENCE_SECONDS,
    )
    listener = socket.create_server(("127.0.0.1", arguments.port))
    # asyncio sees to this for its own sockets only; without it every answer takes 40 ms more.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _announce(listener)
    _Server(config, tenant.faults).run([listener])
    store.close()


def _announce(listener: socket.socket) -> None:
    sys.stdout.write(json.dumps({"http": listener.getsockname()[1]}) + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.tenant", description=__doc__)
    add = parser.add_argument
    add("--state", type=Path, required=True, help="folder that outlives the process")
    add("--port", type=int, default=0, help="0 takes a free one")
    add("--signing-key", type=Path, required=True, help="file with the tokens' key")
    add("--identity-header", default="sandbox", help="secret of the identity endpoint")
    add("--company-size", type=int, default=300, help="people in the company")
    add("--connect-host", help="base URL that password writebacks go to")
    add("--granted-for", action="append", default=[], help="a case of the app's permissions")
    add("--clock", type=Path, help="file of the sandbox's time; by default one of its own")
    add("--contract", type=Path, help="OpenAPI description to validate Graph against")
    return parser.parse_args()


if __name__ == "__main__":
    main()
