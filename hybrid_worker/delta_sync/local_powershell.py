"""The Connect host's cmdlets through Windows PowerShell on the same host."""

import subprocess
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused, problem_of
from hybrid_worker.settings import SyncSettings

SCRIPT = Path(__file__).with_name("Invoke-DeltaSync.ps1")
_SHOWN = 300
"""Characters of what PowerShell says beside the answer."""
# The identifiers that PowerShell gives its refusals of a script in every language, and what to do.
_POLICY = ("UnauthorizedAccess", "PSSecurityException")
_REMEDY = (
    "the execution policy or the mark of a downloaded file forbids the script: Get-ExecutionPolicy "
    f"-List has to come to RemoteSigned, and Unblock-File -Path '{SCRIPT}' takes the mark away"
)


class _Answer(BaseModel):
    """The script's line."""

    error: str | None
    identifier: str = ""
    """The error's `FullyQualifiedErrorId`."""
    objects: list[dict[str, Any]]


class LocalPowerShell:
    """Runs single cmdlets, each in a process of its own, which ends after a time in any case."""

    def __init__(self, settings: SyncSettings) -> None:
        self._settings = settings

    def __call__(self, cmdlet: str, **parameters: Any) -> Sequence[Mapping[str, Any]]:
        """Runs one cmdlet.

        Raises:
            SyncRefused: PowerShell could not be run or the cmdlet reported an error.
        """
        done = self._run(cmdlet, parameters)
        # The last line is ASCII; a warning before it is in whatever code page the console has, and
        # one that is UTF-8 begins with a mark.
        last = done.stdout.strip().rpartition(b"\n")[2].removeprefix(BOM_UTF8)
        try:
            answer = _Answer.model_validate_json(last)
        except ValidationError as error:
            reason = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise SyncRefused(SyncProblem.REFUSED, _unanswered(cmdlet, reason, done)) from None
        if answer.error:
            problem = problem_of(answer.error, answer.identifier)
            raise SyncRefused(problem, f"{cmdlet}: {answer.error}")
        return answer.objects

    def close(self) -> None:
        """Does nothing: each cmdlet has ended with its process."""

    def _run(
        self, cmdlet: str, parameters: Mapping[str, Any]
    ) -> subprocess.CompletedProcess[bytes]:
        settings = self._settings
        # Which other parameters there are stands in the script.
        number = parameters.get("NumberRequested")
        command = [
            str(settings.powershell),
            *("-NoLogo", "-NoProfile", "-NonInteractive", "-File", str(SCRIPT)),
            *("-Cmdlet", cmdlet, "-Module", settings.module),
            *(("-NumberRequested", str(number)) if number else ()),
        ]
        try:
            return subprocess.run(
                command, capture_output=True, timeout=settings.timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise SyncRefused(
                SyncProblem.HANGS, f"{cmdlet}: no answer within {settings.timeout} s"
            ) from None
        except OSError as error:
            raise SyncRefused(SyncProblem.UNREACHABLE, f"{settings.powershell}: {error}") from None


def _unanswered(cmdlet: str, reason: str, done: subprocess.CompletedProcess[bytes]) -> str:
    """Says why there is no answer, in PowerShell's own words where it has any."""
    said = " ".join(done.stderr.decode("utf-8", "replace").split())
    if any(word in said for word in _POLICY):
        return f"{cmdlet}: {_REMEDY}"
    text = f"{cmdlet}: no JSON answer, exit status {done.returncode}: {reason}"
    return f"{text}; {said[:_SHOWN]}" if said else text
