"""The worker and Service Bus: the way it is meant to connect, and a broker that goes away."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sandbox.certificates import server_certificate
from sandbox.testing import service_bus_process
from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.relay import relaying
from sandbox.testing.waiting import wait_until
from tests.support.worker_process import (
    NO_SYNC,
    OFTEN,
    QUEUES,
    by_name,
    command,
    directory_environment,
    running_rig,
    sending,
)

_UNIT_WAITS = 60
"""Seconds after which the service's supervisor would kill it."""


@contextmanager
def identity_endpoint() -> Iterator[dict[str, str]]:
    """A managed identity's endpoint; what points the SDK at it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.headers["X-IDENTITY-HEADER"] == "secret"
            token = {"access_token": "a.b.c", "expires_on": str(int(time.time()) + 3600)}
            body = json.dumps(token | {"resource": "servicebus", "token_type": "Bearer"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its signature
            """Say nothing of each request."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{server.server_port}/token",
            "IDENTITY_HEADER": "secret",
        }
        server.shutdown()


def test_by_default_it_comes_through_websockets_with_its_managed_identity(
    controller: Controller, tmp_path: Path
) -> None:
    tls = server_certificate(tmp_path / "certificates", "bus", ["localhost"])
    options: list[str | Path] = [
        *("--websocket-port", "0"),
        *("--certificate", tls.certificate, "--private-key", tls.key),
    ]
    environment = directory_environment(controller, "kerberos") | NO_SYNC
    with (
        identity_endpoint() as identity,
        running_rig(tmp_path / "bus", controller, environment, *options) as rig,
    ):
        rig.directory.empty()
        add = command(by_name("rolf"))
        rig.send(add)
        port = rig.bus.ports["websocket"]
        differences = identity | {
            "SSPR_WORKER_SERVICE_BUS_CONNECTION_STRING": "",
            "SSPR_WORKER_SERVICE_BUS_NAMESPACE": "contoso.servicebus.windows.net",
            "SSPR_WORKER_SERVICE_BUS_TRANSPORT": "websockets",
            "SSPR_WORKER_SERVICE_BUS_CUSTOM_ENDPOINT": f"https://localhost:{port}",
            "SSPR_WORKER_SERVICE_BUS_CA_FILE": str(tls.authority),
        }
        with rig.worker(tmp_path / "state", **differences):
            rig.answer(add, "pending")
            rig.wait_until_done()
        assert rig.directory.members() == ["rolf"]


def test_after_a_broker_has_been_away_the_worker_goes_on(
    controller: Controller, tmp_path: Path
) -> None:
    environment = directory_environment(controller, "kerberos") | NO_SYNC
    with running_rig(tmp_path / "bus", controller, environment) as rig:
        rig.directory.empty()
        with rig.worker(tmp_path / "state", **OFTEN) as worker:
            first = command(by_name("rolf"))
            rig.send(first)
            rig.answer(first, "pending")
            port = rig.bus.ports["amqp"]
            rig.bus.kill()
            time.sleep(2)
            with (
                service_bus_process.running(tmp_path / "bus", QUEUES, amqp_port=port) as bus,
                sending(bus) as sender,
            ):
                back = replace(rig, bus=bus, sender=sender)
                second = command(by_name("xenia"))
                back.send(second)
                back.answer(second, "pending")
                reports = len(back.reports())
                wait_until(lambda: len(back.reports()) > reports)
                assert worker.poll() is None
    assert rig.directory.members() == ["rolf", "xenia"]


def test_a_worker_before_a_dead_connection_stops_when_it_is_told_to(
    controller: Controller, tmp_path: Path
) -> None:
    """Given a connection that swallows everything, when SIGTERM comes, then it is enough."""
    environment = directory_environment(controller, "kerberos") | NO_SYNC
    with (
        running_rig(tmp_path / "bus", controller, environment) as rig,
        relaying(("127.0.0.1", rig.bus.ports["amqp"])) as relay,
    ):
        rig.directory.empty()
        port = f":{rig.bus.ports['amqp']}"
        through = rig.bus.connection_string.replace(port, f":{relay.port}")
        told = {"SSPR_WORKER_SERVICE_BUS_CONNECTION_STRING": through}
        with rig.worker(tmp_path / "state", **OFTEN, **told) as worker:
            first = command(by_name("rolf"))
            rig.send(first)
            rig.answer(first, "pending")
            relay.swallow()

            worker.terminate()

            assert worker.wait(_UNIT_WAITS) == 0
