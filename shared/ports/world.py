"""Everything that a use case may reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.domain.person.policy import Policy
from shared.ports.audit import Audit
from shared.ports.cloud_scope import CloudScope
from shared.ports.dependency import Dependency
from shared.ports.directory import Directory
from shared.ports.ledger import Ledger
from shared.ports.lifecycle import Lifecycle
from shared.ports.operations import Operations
from shared.ports.outbox import Outbox
from shared.ports.plans import Plans
from shared.ports.rollouts import Rollouts
from shared.ports.workers import Workers


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a use case may reach, and the rules it keeps."""

    directory: Directory
    cloud_scope: CloudScope
    ledger: Ledger
    rollouts: Rollouts
    plans: Plans
    operations: Operations
    workers: Workers
    audit: Audit
    outbox: Outbox
    lifecycle: Lifecycle
    policy: Policy
    command_lifetime: timedelta
    lease: timedelta
    """How long an expansion that does not go on keeps others from going on with it."""
    callback_retry: timedelta
    """After how long it is looked again what became of somebody whom a workflow waits for."""
    message_lock: timedelta
    """How long the broker keeps the messages of a batch from others; nobody renews it."""
    dependencies: Sequence[Dependency] = ()
