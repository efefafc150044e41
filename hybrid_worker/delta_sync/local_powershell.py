"""The Connect host's cmdlets through Windows PowerShell on the same host."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hybrid_worker.delta_sync.decisions import Problem, SyncRefused, problem_in
from hybrid_worker.settings import SyncSettings

SCRIPT = Path(__file__).with_name("Invoke-DeltaSync.ps1")


class LocalPowerShell:
    """Runs single cmdlets, each in a process of its own, which ends after a time in any case."""

    def __init__(self, settings: SyncSettings) -> None:
        self._settings = settings

    def __call__(self, cmdlet: str, **_: Any) -> Sequence[Mapping[str, Any]]:
        """Run one cmdlet; its parameters stand in the script.

        Raises:
            SyncRefused: PowerShell could not be run or the cmdlet reported an error.
        """
        try:
            answer = json.loads(self._run(cmdlet))
            refusal, objects = answer["error"], answer["objects"]
        except (ValueError, LookupError, TypeError) as error:
            raise SyncRefused(Problem.REFUSED, f"{cmdlet}: no JSON answer: {error}") from None
        if refusal:
            raise SyncRefused(problem_in(refusal), f"{cmdlet}: {refusal}")
        return list(objects)

    def _run(self, cmdlet: str) -> str:
        settings = self._settings
        command = [
            str(settings.powershell),
            *("-NoLogo", "-NoProfile", "-NonInteractive", "-File", str(SCRIPT)),
            *("-Cmdlet", cmdlet, "-Module", settings.module),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=settings.timeout, check=False
            )
        except subprocess.TimeoutExpired:
            raise SyncRefused(
                Problem.UNREACHABLE, f"{cmdlet}: no answer within {settings.timeout} s"
            ) from None
        except OSError as error:
            raise SyncRefused(Problem.UNREACHABLE, f"{settings.powershell}: {error}") from None
        lines = done.stdout.strip().splitlines()
        return lines[-1] if lines else ""
