"""Writes the snapshots of the set-ups, and the documentation's tables that are read from them."""

import json
from pathlib import Path

from tests.support.infra.compiler import EXAMPLES, Compiler
from tests.support.infra.overview import PAGE, filled_in, tables
from tests.support.infra.snapshots import Snapshot


def write(file: Path, snapshot: str) -> None:
    """Write it where it says something else: the compiler puts outputs in any order."""
    if not file.exists() or json.loads(file.read_text()) != json.loads(snapshot):
        file.write_text(snapshot)


if __name__ == "__main__":
    with Compiler.started() as compiler:
        for parameters in sorted(EXAMPLES.glob("*.bicepparam")):
            write(parameters.with_suffix(".snapshot.json"), compiler.snapshot(parameters))
    read = map(Snapshot.read, sorted(EXAMPLES.glob("*.snapshot.json")))
    made = tables({one.name: one for one in read})
    PAGE.write_text(filled_in(PAGE.read_text(), made))
