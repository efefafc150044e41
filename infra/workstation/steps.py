"""One step after the other: said before, timed after, with what the programs print in a log."""

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

# They would send Python, pip and uv somewhere else than to this checkout's own environment.
_NOT_OURS = frozenset(
    {"CONDA_PREFIX", "PYTHONHOME", "PYTHONPATH", "UV_PROJECT_ENVIRONMENT", "VIRTUAL_ENV"}
)


# How apt and dpkg, pip, uv and npm begin the line that says what is wrong.
_COMPLAINTS = ("E: ", "dpkg: error", "ERROR: ", "error: ", "npm error", "npm ERR!")


class NotSetUp(Exception):
    """What is missing, in a sentence for whoever sets the machine up."""


class Steps:
    """Runs the programs that a step takes, and tells of each step on `out`."""

    def __init__(self, log: Path, out: IO[str]) -> None:
        self.taken = 0
        self._log = log
        self._out = out

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let one at a time set this checkout up; another one waits for its end."""
        self._log.parent.mkdir(exist_ok=True)
        with self._log.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Tell what is done now, and afterwards how long it took."""
        if not self.taken:
            self._log.write_text("")
        self.taken += 1
        self.tell(what)
        began = time.monotonic()
        yield
        self.tell(f"  done in {time.monotonic() - began:.0f} s")

    def tell(self, line: str) -> None:
        """Print a line at once."""
        self._out.write(f"{line}\n")
        self._out.flush()

    def run(self, command: Sequence[str | Path], failure: str, cwd: Path, **variables: str) -> None:
        """Run a program, and keep what it prints in the log.

        Raises:
            NotSetUp: with `failure`, the last thing that the program said, and where the rest is.
        """
        with self._log.open("a+") as log:
            began = log.tell()
            log.write(f"$ {' '.join(map(str, command))}\n")
            log.flush()
            environment = {**_ours(os.environ), **variables}
            status = subprocess.run(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            ).returncode
            if status:
                log.seek(began)
                raise NotSetUp(self._told(failure, log.read().splitlines()[1:]))

    def _told(self, failure: str, lines: Sequence[str]) -> str:
        said = [line.strip() for line in lines if line.strip()]
        complaint = next((line for line in said if line.startswith(_COMPLAINTS)), "")
        # uv goes from what it wanted to what was in the way, a line each.
        causes = [line for line in said if line.startswith("cause: ")]
        reason = (
            "; ".join([complaint, *causes[-1:]]).strip("; ") or (said or ["nothing was said"])[-1]
        )
        return (
            f"{failure}: {reason}\n"
            f"All of what was said: {self._log}\n"
            "Once that is mended, run it again: what is done already is kept."
        )


def _ours(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if name not in _NOT_OURS}
