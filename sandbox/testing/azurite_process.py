"""Azurite for the tests of what is kept in tables."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.testing.repository import ROOT
from sandbox.testing.waiting import PATIENCE


@contextmanager
def azurite(state: Path) -> Iterator[str]:
    """A connection string, as long as Azurite runs."""
    cache = ROOT / ".cache"
    options = [f"--state={state}", f"--cache={cache}"]
    command = [sys.executable, "-m", "sandbox.azurite", *options]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with process:
        try:
            assert process.stdout
            yield json.loads(process.stdout.readline())["connectionString"]
        finally:
            process.terminate()
            assert process.wait(PATIENCE) == 0
