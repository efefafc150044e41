"""Starts the real Connect host beside a tenant that only notes what is exported to it."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from sandbox.testing.domain_controller_process import Controller
from sandbox.testing.repository import ROOT
from sandbox.testing.waiting import PATIENCE


@dataclass
class RecordingTenant:
    """What has been posted to `/sandbox/sync`; answers `status`."""

    url: str = ""
    status: int = 200
    exports: list[dict[str, Any]] = field(default_factory=list)
    _answers: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._answers.set()

    def wait(self) -> None:
        """Wait while nobody is answered."""
        self._answers.wait(PATIENCE)

    @contextmanager
    def keeping_waiting(self) -> Iterator[None]:
        """A cycle whose export is noted, and that runs until the end of this."""
        self._answers.clear()
        try:
            yield
        finally:
            self._answers.set()


@contextmanager
def recording_tenant() -> Iterator[RecordingTenant]:
    tenant = RecordingTenant()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/sandbox/sync"
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if tenant.status == httpx.codes.OK:
                tenant.exports.append(json.loads(body))
            tenant.wait()
            self.send_response(tenant.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its signature
            """Say nothing of each request."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        tenant.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield tenant
        server.shutdown()


@dataclass(frozen=True)
class ConnectHost:
    process: subprocess.Popen[str]
    ports: dict[str, int]
    control: httpx.Client
    authority: str
    tenant: RecordingTenant
    controller: Controller

    def set(self, **conditions: Any) -> None:
        self.control.post("/conditions", json=conditions).raise_for_status()

    def sync(self) -> dict[str, Any]:
        """Run a delta cycle and return what it has exported; {} when it has exported nothing."""
        before = len(self.tenant.exports)
        self.control.post("/sync").raise_for_status()
        return self.tenant.exports[before] if len(self.tenant.exports) > before else {}


def connect_host_command(
    state: Path, controller: Controller, tenant: RecordingTenant, *options: str
) -> list[str]:
    return [
        *(sys.executable, "-m", "sandbox.connect_host", f"--state={state}"),
        *(f"--ldaps={controller.ready['ldaps']}", f"--tenant={tenant.url}"),
        *(f"--certificates={Path(controller.ready['authority']).parent}", "--cycle-seconds=0.2"),
        f"--keytab={controller.ready['connectHostKeytab']}",
        f"--krb5-config={controller.ready['krb5Config']}",
        *options,
    ]


@contextmanager
def running_connect_host(
    state: Path, controller: Controller, tenant: RecordingTenant, *options: str
) -> Iterator[ConnectHost]:
    command = connect_host_command(state, controller, tenant, *options)
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process, process.stdout as announced:
        try:
            ports = json.loads(announced.readline())
            address = f"http://127.0.0.1:{ports['control']}"
            with httpx.Client(base_url=address, timeout=PATIENCE) as control:
                authority = controller.ready["authority"]
                yield ConnectHost(process, ports, control, authority, tenant, controller)
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 0
