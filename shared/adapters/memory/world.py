"""A world in memory: everything that a use case may reach, and what a test does to it."""

from datetime import timedelta

from shared.adapters.memory.account_changes import MemoryAccountChanges
from shared.adapters.memory.audit_mark import MemoryAuditMark, Outside
from shared.adapters.memory.broker import Broker
from shared.adapters.memory.cloud_scope import MemoryCloudScope
from shared.adapters.memory.cloud_sync import MemoryCloudSync
from shared.adapters.memory.dead_letters import MemoryDeadLetters
from shared.adapters.memory.dependency import MemoryDependency
from shared.adapters.memory.directory import MemoryDirectory
from shared.adapters.memory.lifecycle import MemoryLifecycle
from shared.adapters.memory.outbox import MemoryOutbox
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.memory.tenant import Tenant
from shared.adapters.memory.tenant_facts import MemoryTenantFacts
from shared.adapters.memory.turns import Pause, Turns, straight_on
from shared.adapters.memory.unread import MemoryUnread
from shared.domain.health import DependencyKind
from shared.domain.person.policy import TenantRules
from shared.ports.world import TimeLimits, World


class MemoryWorld:
    """Its parts, to be filled and looked into, and the `World` that stands on them.

    `turns` says what happens while a use case waits for a port; `tenant` is Entra, `broker` the
    queues, `storage` the ledger's, `outside` what is kept beside it, `dependency` one thing that
    can be out of reach.
    """

    def __init__(self, rules: TenantRules, *, listing_lag: int = 0) -> None:
        """Makes a world where nobody is; see `Tenant` for the lag."""
        self.turns = Turns()
        self.tenant = Tenant(rules.scope_group_id, listing_lag)
        self.broker = Broker()
        self.storage = Storage()
        self.outside = Outside()
        self.lifecycle = MemoryLifecycle(self.turns)
        self.tenant_facts = MemoryTenantFacts(self.turns)
        self.dependency = MemoryDependency(DependencyKind.TABLE, ["a table", "another"], self.turns)
        self.world = self._world(rules, self.turns)

    def another(self) -> World:
        """Returns the same parts as another process reaches them, which passes no points."""
        return self._world(self.world.tenant_rules, straight_on)

    def _world(self, rules: TenantRules, pause: Pause) -> World:
        tables = MemoryTables(self.storage, pause)
        return World(
            directory=MemoryDirectory(self.tenant, pause),
            cloud_scope=MemoryCloudScope(self.tenant, pause),
            cloud_sync=MemoryCloudSync(self.tenant, pause),
            tenant_facts=self.tenant_facts,
            ledger=tables.ledger,
            rollouts=tables.rollouts,
            write_control=tables.write_control,
            plans=tables.plans,
            operations=tables.operations,
            personal_data=tables.personal_data,
            workers=tables.workers,
            ledger_marks=tables.ledger_marks,
            readings=tables.readings,
            sspr_watch=tables.sspr_watch,
            account_changes=MemoryAccountChanges(self.tenant, pause),
            account_looks=tables.account_looks,
            doctor_looks=tables.doctor_looks,
            door_key=tables.door_key,
            sources_heard=tables.sources_heard,
            scim_users=tables.scim_users,
            held_events=tables.held_events,
            preflights=tables.preflights,
            audit=tables.audit,
            outbox=MemoryOutbox(self.broker, pause),
            dead_letters=MemoryDeadLetters(self.broker, pause),
            unread=MemoryUnread(self.broker, pause),
            lifecycle=self.lifecycle,
            audit_mark=MemoryAuditMark(self.outside, pause),
            tenant_rules=rules,
            limits=TimeLimits(
                command_lifetime=timedelta(days=7),
                lease=timedelta(minutes=5),
                callback_retry=timedelta(minutes=5),
                message_lock=timedelta(minutes=5),
            ),
        )
