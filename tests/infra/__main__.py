"""Writes the snapshots of the set-ups, and the documentation's tables that are read from them."""

import sys

from tests.infra.compiler import EXAMPLES, snapshots
from tests.infra.overview import PAGE, filled_in, tables
from tests.infra.snapshots import Snapshot

if __name__ == "__main__":
    for name, ran in snapshots(sorted(EXAMPLES.glob("*.bicepparam")), "overwrite").items():
        if ran.returncode:
            sys.exit(f"{name}: {ran.stderr}")
    written = map(Snapshot.read, sorted(EXAMPLES.glob("*.snapshot.json")))
    made = tables({one.name: one for one in written})
    PAGE.write_text(filled_in(PAGE.read_text(), made))
