"""Golden rows: everything that is stored, as it was when its form was last changed on purpose.

    python -m tests.support.golden_rows

writes the files that are missing, and never one that is there. Who renames something in the domain
leaves the files alone: what is stored somewhere has to stay readable. Who changes on purpose what
is stored has to read the old rows as well, and adds a file.

Each module has the rows of one subject; a new kind of row stands in its subject's `GOLDEN`.
"""

from collections import Counter
from collections.abc import Mapping

from tests.support.golden_rows import (
    enrolment,
    hr_systems,
    ledger,
    looks,
    moves,
    operations,
    people,
    plans,
    preflights,
    receipts,
    rollouts,
    sspr,
    watch,
    workers,
    writing,
)
from tests.support.golden_rows.enrolment import WHOLE
from tests.support.golden_rows.golden import NOW, Golden
from tests.support.golden_rows.hr_systems import SCIM_USER
from tests.support.golden_rows.ledger import MARK
from tests.support.golden_rows.moves import MOVE_LOOK, MOVED_ROLLOUT
from tests.support.golden_rows.operations import ERASE_OPERATION, OPERATION
from tests.support.golden_rows.people import BARE
from tests.support.golden_rows.plans import PLAN
from tests.support.golden_rows.preflights import COUNTED, PREFLIGHT
from tests.support.golden_rows.receipts import QUEUED_BEFORE
from tests.support.golden_rows.rollouts import GONE_RECONCILIATION, QUIET_DECIDED, SCOPE_DOUBT
from tests.support.golden_rows.rows import FOLDER, Rows, store_rows, stored_rows
from tests.support.golden_rows.sspr import SHARES_SEEN, SSPR_SIGHT
from tests.support.golden_rows.workers import ENDING_SIGHT, VERSIONED_SIGHT
from tests.support.golden_rows.writing import REFILLING, REPAIRING_HOUR, SLIDING_HOUR


def _merged(*subjects: Mapping[str, Golden]) -> Mapping[str, Golden]:
    """Put the subjects' tables together; no two may have the same name, which is a file's."""
    names = Counter(name for subject in subjects for name in subject)
    twice = sorted(name for name, often in names.items() if often > 1)
    assert not twice, f"golden rows of the same name: {', '.join(twice)}"
    return {name: golden for subject in subjects for name, golden in subject.items()}


GOLDEN: Mapping[str, Golden] = _merged(
    enrolment.GOLDEN,
    people.GOLDEN,
    receipts.GOLDEN,
    hr_systems.GOLDEN,
    rollouts.GOLDEN,
    moves.GOLDEN,
    watch.GOLDEN,
    workers.GOLDEN,
    writing.GOLDEN,
    plans.GOLDEN,
    operations.GOLDEN,
    preflights.GOLDEN,
    sspr.GOLDEN,
    looks.GOLDEN,
    ledger.GOLDEN,
)
"""All there are, by the names of their files."""

__all__ = [
    "BARE",
    "COUNTED",
    "ENDING_SIGHT",
    "ERASE_OPERATION",
    "FOLDER",
    "GOLDEN",
    "GONE_RECONCILIATION",
    "MARK",
    "MOVED_ROLLOUT",
    "MOVE_LOOK",
    "NOW",
    "OPERATION",
    "PLAN",
    "PREFLIGHT",
    "QUEUED_BEFORE",
    "QUIET_DECIDED",
    "REFILLING",
    "REPAIRING_HOUR",
    "SCIM_USER",
    "SCOPE_DOUBT",
    "SHARES_SEEN",
    "SLIDING_HOUR",
    "SSPR_SIGHT",
    "VERSIONED_SIGHT",
    "WHOLE",
    "Golden",
    "Rows",
    "store_rows",
    "stored_rows",
]
