"""The checkout's virtual environment, with the libraries that `uv.lock` names."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from infra.workstation.steps import Steps

_LOCKED = ("uv.lock", "pyproject.toml", "sandbox/pyproject.toml")
_RECORD = "set-up.json"
_FAILURE = "Python's libraries could not be installed"


class VirtualEnvironment:
    """`.venv`, with a record in it of what it was made from, written when it is whole."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / ".venv"
        self._base = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self._folder / "bin" / "python"

    def is_ready(self) -> bool:
        """Whether it is whole, and has what the lock file asks for."""
        return self._recorded() == self._wanted() and self._starts()

    def make(self, steps: Steps) -> None:
        """Make it, make it anew, or bring it up to date.

        Raises:
            NotSetUp: pip or uv could not; its last words are in it.
        """
        if self.is_ready():
            return
        anew = self._is_of_another_making()
        how = "into .venv, about a minute and 500 MB" if anew else "in .venv, brought up to date"
        with steps.step(f"Python's libraries {how}"):
            if anew:
                self._remove(steps)
            (self._folder / _RECORD).unlink(missing_ok=True)
            self._install(steps)
            (self._folder / _RECORD).write_text(json.dumps(self._wanted()))

    def _wanted(self) -> dict[str, str]:
        digest = hashlib.sha256()
        for name in _LOCKED:
            digest.update((self._root / name).read_bytes())
        # Its scripts name its folder: a checkout that was moved needs a new one.
        return {
            "python": str(self._base),
            "folder": str(self._folder),
            "locked": digest.hexdigest(),
        }

    def _recorded(self) -> dict[str, str]:
        try:
            record: dict[str, str] = json.loads((self._folder / _RECORD).read_text())
        except (OSError, ValueError):
            return {}
        return record

    def _starts(self) -> bool:
        try:
            return not subprocess.run([self.python, "-c", ""], check=False).returncode
        except OSError:
            return False

    def _is_of_another_making(self) -> bool:
        """Whether it was never finished, or belongs to another Python or another folder."""
        recorded, wanted = self._recorded(), self._wanted()
        same = all(recorded.get(name) == wanted[name] for name in ("python", "folder"))
        return not (same and self._starts())

    def _remove(self, steps: Steps) -> None:
        if self._folder.is_symlink():
            self._folder.unlink()
        elif self._folder.exists():
            steps.tell("  the .venv that is there was never finished, or is another Python's: anew")
            shutil.rmtree(self._folder)

    def _install(self, steps: Steps) -> None:
        def run(*command: str | Path) -> None:
            steps.run(command, _FAILURE, self._root, UV_PYTHON_DOWNLOADS="never")

        uv = self._folder / "bin" / "uv"
        if not self.python.exists():
            run(self._base, "-m", "venv", self._folder)
            run(self.python, "-m", "pip", "install", "--disable-pip-version-check", "uv>=0.9")
        run(
            uv,
            "sync",
            "--python",
            self.python,
            "--locked",
            "--all-extras",
            "--inexact",
            "--no-progress",
        )
