"""Starts the real functions host on a small app, for the contract tests of the host."""

import json
import select
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from sandbox.processes import children
from sandbox.testing.waiting import PATIENCE, wait_until

# Every example app begins so: what a function saw goes to a file, one JSON line each.
PREAMBLE = """
import asyncio, json, logging, os, time
import azure.functions as func
from sandbox.testing.waiting import wait_until

app = func.FunctionApp()

def record(**seen):
    with open(os.environ["RECORD"], "a") as file:
        file.write(json.dumps(seen, default=str) + "\\n")
"""


class App:
    """An app in a folder, and the host's state next to it."""

    def __init__(
        self,
        folder: Path,
        code: str,
        *,
        values: Mapping[str, str] | None = None,
        options: Mapping[str, Any] | None = None,
        flags: Sequence[str] = (),
    ) -> None:
        self.folder = folder / "app"
        self.state = folder / "state"
        self._flags = flags
        self._record = folder / "record.jsonl"
        self._log = folder / "host.log"
        self.folder.mkdir(parents=True)
        source = PREAMBLE + textwrap.dedent(code)
        (self.folder / "function_app.py").write_text(source)
        (self.folder / "host.json").write_text(json.dumps({"version": "2.0", **(options or {})}))
        self._values = {"RECORD": str(self._record), **(values or {})}

    def command(self, *flags: str) -> list[str]:
        host = [sys.executable, "-m", "sandbox.functions_host"]
        places = ["--app", str(self.folder), "--state", str(self.state)]
        return [*host, *places, *self._flags, *flags]

    def start(self, *flags: str) -> "RunningHost":
        storage = socket.create_server(("127.0.0.1", 0))
        self.configure(storage)
        with self._log.open("a") as log:
            process = subprocess.Popen(
                self.command(*flags), stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], PATIENCE)
        line = process.stdout.readline() if readable else ""
        if not line:
            storage.close()
            process.kill()
            process.communicate()
            raise AssertionError(f"the host did not start:\n{self.log()}")
        return RunningHost(self, process, json.loads(line)["http"], storage)

    def configure(self, storage: socket.socket) -> None:
        """Write the settings; the host looks no further than that something listens there."""
        port = storage.getsockname()[1]
        account = f"AccountName=a;AccountKey=b;BlobEndpoint=http://127.0.0.1:{port}/a"
        settings = {"Values": {"AzureWebJobsStorage": account, **self._values}}
        (self.folder / "local.settings.json").write_text(json.dumps(settings))

    @contextmanager
    def running(self) -> Iterator["RunningHost"]:
        with self.start() as host:
            yield host
            assert host.stop() == 0, self.log()

    def refused(self, *flags: str) -> str:
        """Start a strict host that must not come up; returns what it says."""
        with socket.create_server(("127.0.0.1", 0)) as storage:
            self.configure(storage)
            result = subprocess.run(
                self.command("--strict", *flags),
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
        assert result.returncode != 0
        assert not result.stdout
        return result.stderr

    def log(self) -> str:
        return self._log.read_text()

    def seen(self) -> list[dict[str, Any]]:
        if not self._record.exists():
            return []
        return [json.loads(line) for line in self._record.read_text().splitlines()]

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """Wait until functions have recorded something so many times."""
        wait_until(lambda: len(self.seen()) >= count, lambda: f"{self.seen()}\n{self.log()}")
        return self.seen()

    def seen_by(self, function: str, count: int) -> list[dict[str, Any]]:
        """Wait until a function has recorded something so many times."""

        def found() -> list[dict[str, Any]]:
            return [line for line in self.seen() if line["function"] == function]

        wait_until(lambda: len(found()) >= count, self.log)
        return found()


class RunningHost:
    """A host that answers."""

    def __init__(
        self, app: App, process: subprocess.Popen[str], port: int, storage: socket.socket
    ) -> None:
        # A connection of its own for each request: the host closes one that was idle for 5 s, and
        # the client keeps it as long, so that it may be closed as it is used again.
        limits = httpx.Limits(max_keepalive_connections=0)
        address = f"http://127.0.0.1:{port}"
        self.http = httpx.Client(base_url=address, timeout=PATIENCE, limits=limits)
        self._app = app
        self._process = process
        self._storage = storage

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self.kill()

    @property
    def keys(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self._app.state / "host-keys.json").read_text())
        return document

    @property
    def master_key(self) -> str:
        key: str = self.keys["masterKey"]
        return key

    @property
    def function_key(self) -> str:
        key: str = self.keys["functionKeys"]["default"]
        return key

    def invoke_by_hand(self, function: str, text: str = "") -> httpx.Response:
        return self.administer("POST", f"functions/{function}", json={"input": text})

    def administer(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask one of the host's own endpoints, with the master key."""
        headers = {"x-functions-key": self.master_key}
        return self.http.request(method, f"/admin/{path}", headers=headers, **options)

    def worker(self) -> int:
        """The app's process."""
        (child,) = children(self._process.pid)
        return child.pid

    def tell_to_stop(self) -> None:
        """Send SIGTERM, and do not wait."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        self.tell_to_stop()
        return self.end()

    def kill(self) -> None:
        """End the host and nothing else, at once."""
        self._process.kill()
        self.end()

    def end(self) -> int:
        """Wait for the host's end."""
        self.http.close()
        self._process.communicate(timeout=PATIENCE)
        self._storage.close()
        return self._process.returncode
