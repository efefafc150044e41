"""`python -m sandbox.service_bus`: listens, prints its ports as JSON, serves until SIGTERM."""

import argparse
import asyncio
import contextlib
import json
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import uvicorn

from sandbox.service_bus.access import Access, Keys
from sandbox.service_bus.broker import Broker
from sandbox.service_bus.configuration import InvalidQueuesError, read_queues
from sandbox.service_bus.connection import Connection, TcpConnection, Wire
from sandbox.service_bus.control import control_application
from sandbox.service_bus.store import Store
from sandbox.service_bus.websocket import WebSocketConnection

_USUAL_KEY = "RootManageSharedAccessKey=local"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.service_bus", description=__doc__)
    add = parser.add_argument
    add("--database", type=Path, required=True, help="sqlite file; created when missing")
    add("--queues", type=Path, required=True, help="JSON: queue name to settings")
    add("--address", default="127.0.0.1", help="address to listen on")
    add("--amqp-port", type=int, required=True, help="plain AMQP, as the emulator; 0: any")
    add("--control-port", type=int, required=True, help="control API over HTTP; 0: any")
    add("--tls-port", type=int, help="AMQP over TLS; 0: any")
    add("--websocket-port", type=int, help="AMQP over WebSockets over TLS; 0: any")
    add("--certificate", type=Path, help="PEM chain for the TLS ports")
    add("--private-key", type=Path, help="PEM key for the TLS ports")
    add("--signing-key", type=Path, help="verify JWTs: HS256 over this file's bytes")
    add(
        "--shared-access-key",
        action="append",
        metavar="NAME=KEY",
        help="a key that may do everything; may be given again; usually that of "
        "local.settings.json.sample",
    )
    arguments = parser.parse_args()
    wants_tls = arguments.tls_port is not None or arguments.websocket_port is not None
    if wants_tls and not (arguments.certificate and arguments.private_key):
        parser.error("--tls-port and --websocket-port need --certificate and --private-key")
    return arguments


class _ControlServer(uvicorn.Server):
    """Leaves signals to the process it is a part of, and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _listen(
    arguments: argparse.Namespace,
    connect: Callable[..., Callable[[Wire], Connection]],
    now: Callable[[], int],
) -> dict[str, asyncio.Server]:
    """Opens the AMQP ports that are asked for."""
    loop = asyncio.get_running_loop()
    context = None
    if arguments.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(arguments.certificate, arguments.private_key)
    plain = partial(TcpConnection, connect(token_required=False))
    servers = {"amqp": await loop.create_server(plain, arguments.address, arguments.amqp_port)}
    for name, port, protocol in (
        ("tls", arguments.tls_port, TcpConnection),
        ("websocket", arguments.websocket_port, partial(WebSocketConnection, now=now)),
    ):
        if port is not None:
            factory = partial(protocol, connect(token_required=True))
            servers[name] = await loop.create_server(factory, arguments.address, port, ssl=context)
    return servers


def _keys(arguments: argparse.Namespace) -> Keys:
    signing = arguments.signing_key.read_bytes() if arguments.signing_key else None
    pairs = [text.partition("=") for text in arguments.shared_access_key or [_USUAL_KEY]]
    return Keys(signing, {name: key for name, _, key in pairs})


async def _serve(arguments: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    keys = _keys(arguments)
    broker = Broker(read_queues(arguments.queues), Store(arguments.database), stop.set)

    def connect(*, token_required: bool) -> Callable[[Wire], Connection]:
        def make(wire: Wire) -> Connection:
            return Connection(broker, Access(keys, token_required=token_required), wire)

        return make

    servers = await _listen(arguments, connect, broker.now)
    application = control_application(broker)
    config = uvicorn.Config(
        application,
        host=arguments.address,
        port=arguments.control_port,
        log_config=None,
        # Longer than clients keep a connection: else one is closed as it is used again.
        timeout_keep_alive=60,
    )
    control_socket = config.bind_socket()
    control = _ControlServer(config)
    serving = asyncio.create_task(control.serve(sockets=[control_socket]))
    await control.listening.wait()
    ports = {name: server.sockets[0].getsockname()[1] for name, server in servers.items()}
    ports["control"] = control_socket.getsockname()[1]
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    await stop.wait()
    control.should_exit = True
    await serving
    for server in servers.values():
        server.close()
        server.abort_clients()
    broker.close()
    if broker.failure is not None:
        raise broker.failure


def main() -> None:
    """Runs the broker; exits 0 on SIGTERM."""
    arguments = _arguments()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    try:
        asyncio.run(_serve(arguments))
    except InvalidQueuesError as error:
        sys.exit(f"--queues: {error}")


if __name__ == "__main__":
    main()
