"""PowerShell, which the scripts for Windows are tried in."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WINDOWS = ROOT / "infra" / "worker" / "windows"


def pwsh() -> Path:
    """Its path. Where there is none the test is skipped, and in CI it fails."""
    found = shutil.which("pwsh")
    if found:
        return Path(found)
    complaint = "There is no pwsh on PATH: install PowerShell 7 with Pester 6 to try the scripts."
    if os.environ.get("CI"):
        pytest.fail(complaint)
    pytest.skip(complaint)


def run(file: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script, and keep what it says."""
    words = [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-File", file, *arguments]
    return subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
