"""The real Bicep compiler, on these templates or on a changed copy of them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, NamedTuple, Self

from tests.support.infra.programs import required
from tests.support.repository import ROOT

INFRA = ROOT / "infra"
EXAMPLES = INFRA / "examples"
# Somebody's subscription and tenant: nothing but names hangs on them.
_DEPLOYED_AS = {
    "subscriptionId": "5b5c1a5e-0000-4000-8000-000000000001",
    "tenantId": "7e7a7c00-0000-4000-8000-000000000002",
    "location": "westeurope",
    "deploymentName": "contoso",
}
_OPTIONS = ("--subscription-id", "--tenant-id", "--location", "--deployment-name")
_PATIENCE = 120.0
"""Seconds in which a busy machine compiles the whole."""

Ran = subprocess.CompletedProcess[str]


class Refused(Exception):
    """What the compiler says of a file that it does not take."""


class Finding(NamedTuple):
    """A fault, or something that a rule of the linter does not like."""

    code: str
    message: str


def program() -> str:
    """Where the compiler is."""
    return required("bicep", "`az bicep install` brings it, then put ~/.azure/bin on PATH")


def bicep(*arguments: str | Path) -> Ran:
    """Runs the compiler as a person would; most of its seconds are its own start."""
    return subprocess.run([program(), *arguments], capture_output=True, text=True, check=False)


def validate(parameters: Path) -> Ran:
    """Compares a set of parameters with the snapshot beside it, as a person would."""
    given = zip(_OPTIONS, _DEPLOYED_AS.values(), strict=True)
    named = [word for pair in given for word in pair]
    return bicep("snapshot", parameters, "--mode", "validate", *named)


class Compiler:
    """One that has started, and is asked again and again by JSON-RPC.

    The messages are those of `bicep jsonrpc`: src/Bicep.Cli/Rpc of Azure/bicep.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Self]:
        """Starts one, and ends it."""
        command = [program(), "jsonrpc", "--stdio"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
            yield cls(process)

    def compiled(self, file: Path) -> tuple[dict[str, Any], list[Finding]]:
        """What it makes of a template, and what it finds in it."""
        answer = self._ask("bicep/compile", {"path": str(file)})
        found = [Finding(one["code"], one["message"]) for one in answer["diagnostics"]]
        return json.loads(answer.get("contents", "{}")), found

    def snapshot(self, parameters: Path) -> str:
        """What a set of parameters comes to, as `bicep snapshot` writes it.

        Raises:
            Refused: the deployment would end before it began.
        """
        asked = {"path": str(parameters), "metadata": _DEPLOYED_AS, "externalInputs": None}
        return str(self._ask("bicep/getSnapshot", asked)["snapshot"])

    def files(self, file: Path) -> set[Path]:
        """What a template is made of: itself, its modules, and all that those read."""
        return set(
            map(Path, self._ask("bicep/getFileReferences", {"path": str(file)})["filePaths"])
        )

    def _ask(self, method: str, asked: dict[str, Any]) -> dict[str, Any]:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": [asked]}
        giving_up = Timer(_PATIENCE, self._process.kill)
        giving_up.start()
        try:
            self._send(json.dumps(request).encode())
            answer = self._receive()
        finally:
            giving_up.cancel()
        if "error" in answer:
            raise Refused(json.dumps(answer["error"]))
        return dict(answer["result"])

    def _send(self, body: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout
        length = 0
        while header := self._process.stdout.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = self._process.stdout.read(length)
        assert body, "the compiler has ended without an answer"
        return dict(json.loads(body))


def copied(folder: Path) -> Path:
    """A copy of the templates, to be spoilt."""
    leave_out = shutil.ignore_patterns("worker", "graph", "*.snapshot.json")
    return Path(shutil.copytree(INFRA, folder / "infra", ignore=leave_out))
