"""PowerShell, which the scripts for Windows are tried in."""

import subprocess
from pathlib import Path

from tests.support.infra.programs import required
from tests.support.repository import ROOT

WINDOWS = ROOT / "infra" / "worker" / "windows"


def pwsh() -> Path:
    """Its path. Where there is none the test is skipped, and in CI it fails."""
    return Path(required("pwsh", "install PowerShell 7, with Pester 6, to try Windows' scripts"))


def run(file: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script, and keep what it says."""
    words = [pwsh(), "-NoLogo", "-NoProfile", "-NonInteractive", "-File", file, *arguments]
    return subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
