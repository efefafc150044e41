"""Writes the snapshots of the set-ups, and the documentation's tables that are read from them."""

from tests.infra.compiler import EXAMPLES, Compiler
from tests.infra.overview import PAGE, filled_in, tables
from tests.infra.snapshots import Snapshot

if __name__ == "__main__":
    with Compiler.started() as compiler:
        for parameters in sorted(EXAMPLES.glob("*.bicepparam")):
            written = parameters.with_suffix(".snapshot.json")
            written.write_text(compiler.snapshot(parameters))
    read = map(Snapshot.read, sorted(EXAMPLES.glob("*.snapshot.json")))
    made = tables({one.name: one for one in read})
    PAGE.write_text(filled_in(PAGE.read_text(), made))
