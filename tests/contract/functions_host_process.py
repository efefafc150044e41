"""Starts the real functions host on a small app, for the contract tests of the host."""

import json
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.waiting import wait_until

# Every example app begins so: what a function saw goes to a file, one JSON line each.
PREAMBLE = """
import asyncio, json, logging, os, time
import azure.functions as func
from tests.waiting import wait_until

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
        settings = {"IsEncrypted": False, "Values": {"RECORD": str(self._record), **(values or {})}}
        (self.folder / "local.settings.json").write_text(json.dumps(settings))

    def command(self) -> list[str]:
        host = [sys.executable, "-m", "sandbox.functions_host"]
        return [*host, "--app", str(self.folder), "--state", str(self.state), *self._flags]

    def start(self) -> "RunningHost":
        with self._log.open("a") as log:
            process = subprocess.Popen(
                self.command(), stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert process.stdout is not None
        readable, _, _ = select.select([process.stdout], [], [], 30)
        line = process.stdout.readline() if readable else ""
        if not line:
            process.kill()
            process.communicate()
            raise AssertionError(f"the host did not start:\n{self.log()}")
        return RunningHost(self, process, json.loads(line)["http"])

    @contextmanager
    def running(self) -> Iterator["RunningHost"]:
        host = self.start()
        try:
            yield host
        finally:
            assert host.stop() == 0, self.log()

    def refused(self) -> str:
        """Start a host that must not come up; returns what it says."""
        result = subprocess.run(
            self.command(), capture_output=True, text=True, timeout=30, check=False
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


class RunningHost:
    """A host that answers."""

    def __init__(self, app: App, process: subprocess.Popen[str], port: int) -> None:
        keys = json.loads((app.state / "host-keys.json").read_text())
        self.master_key: str = keys["masterKey"]
        self.function_key: str = keys["functionKeys"]["default"]
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}")
        self._process = process

    def invoke_by_hand(self, function: str, text: str = "") -> httpx.Response:
        return self.http.post(
            f"/admin/functions/{function}",
            json={"input": text},
            headers={"x-functions-key": self.master_key},
        )

    def stop(self) -> int:
        self.http.close()
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=20)
        return self._process.returncode
