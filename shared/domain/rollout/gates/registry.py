"""The kinds of gates that there are, in the order in which they are looked at: an entry each."""

from typing import Final

from shared.domain.rollout.gates import (
    backlog,
    blocked_resets,
    effective,
    preflight,
    registered,
    resettable,
    sync,
    visible,
    worker_alive,
    writeback_failures,
)
from shared.domain.rollout.gates.kind import GateKinds, registry_of

GATES: Final[GateKinds] = registry_of(
    visible.KIND,
    effective.KIND,
    registered.KIND,
    resettable.KIND,
    preflight.KIND,
    writeback_failures.KIND,
    blocked_resets.KIND,
    worker_alive.KIND,
    sync.KIND,
    backlog.KIND,
)
