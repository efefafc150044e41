"""The Connect host's cmdlets through Windows PowerShell on the same host."""

import subprocess
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from hybrid_worker.delta_sync.decisions import SyncProblem, SyncRefused, problem_in
from hybrid_worker.settings import SyncSettings

SCRIPT = Path(__file__).with_name("Invoke-DeltaSync.ps1")


class _Answer(BaseModel):
    """The script's line."""

    error: str | None
    objects: list[dict[str, Any]]


class LocalPowerShell:
    """Runs single cmdlets, each in a process of its own, which ends after a time in any case."""

    def __init__(self, settings: SyncSettings) -> None:
        self._settings = settings

    def __call__(self, cmdlet: str, **_: Any) -> Sequence[Mapping[str, Any]]:
        """Runs one cmdlet; its parameters stand in the script.

        Raises:
            SyncRefused: PowerShell could not be run or the cmdlet reported an error.
        """
        try:
            answer = _Answer.model_validate_json(self._run(cmdlet))
        except ValidationError as error:
            reason = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise SyncRefused(SyncProblem.REFUSED, f"{cmdlet}: no JSON answer: {reason}") from None
        if answer.error:
            raise SyncRefused(problem_in(answer.error), f"{cmdlet}: {answer.error}")
        return answer.objects

    def _run(self, cmdlet: str) -> bytes:
        settings = self._settings
        command = [
            str(settings.powershell),
            *("-NoLogo", "-NoProfile", "-NonInteractive", "-File", str(SCRIPT)),
            *("-Cmdlet", cmdlet, "-Module", settings.module),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, timeout=settings.timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise SyncRefused(
                SyncProblem.UNREACHABLE, f"{cmdlet}: no answer within {settings.timeout} s"
            ) from None
        except OSError as error:
            raise SyncRefused(SyncProblem.UNREACHABLE, f"{settings.powershell}: {error}") from None
        # The last line is ASCII; a warning before it is in whatever code page the console has, and
        # one that is UTF-8 begins with a mark.
        return done.stdout.strip().rpartition(b"\n")[2].removeprefix(BOM_UTF8)
