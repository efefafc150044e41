"""Everything that a use case may reach."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.domain.person.brake import Brakes
from shared.domain.person.licences import DEFAULT_LICENCES, Licences
from shared.domain.person.policy import TenantRules
from shared.domain.rollout.endings import USUAL_NOTICE, Ending
from shared.ports.account_changes import AccountChanges
from shared.ports.account_looks import AccountLooks
from shared.ports.audit import Audit
from shared.ports.audit_mark import AuditMarks, LedgerCheck
from shared.ports.cloud_scope import CloudScope
from shared.ports.cloud_sync import CloudSync
from shared.ports.dead_letters import DeadLetters
from shared.ports.directory import Directory
from shared.ports.doctor_looks import DoctorLooks
from shared.ports.door_key import DoorKey
from shared.ports.held_events import HeldEvents
from shared.ports.ledger import Ledger
from shared.ports.ledger_marks import LedgerMarks
from shared.ports.lifecycle import Lifecycle
from shared.ports.operations import Operations
from shared.ports.outbox import Outbox
from shared.ports.personal_data import PersonalData
from shared.ports.plans import Plans
from shared.ports.preflights import Preflights
from shared.ports.readings import Readings
from shared.ports.rollouts import Rollouts
from shared.ports.scim_users import ScimUsers
from shared.ports.sources_heard import SourcesHeard
from shared.ports.sspr_watch import SsprWatch
from shared.ports.tenant_facts import TenantFacts
from shared.ports.unread import Unread
from shared.ports.workers import Workers
from shared.ports.write_control import WriteControl


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """How long others may take over what was begun; each deployment has its own."""

    command_lifetime: timedelta = timedelta(hours=24)
    """How long a directory command may wait for the worker."""
    lease: timedelta = timedelta(minutes=15)
    """How long an expansion that does not go on keeps others from going on with it."""
    callback_retry: timedelta = timedelta(minutes=1)
    """After how long it is looked again what became of somebody whom a workflow waits for."""
    message_lock: timedelta = timedelta(minutes=5)
    """How long the broker keeps the messages of a batch from others; nobody renews it."""
    ending_notice: timedelta = USUAL_NOTICE.early
    """How long before its end a certificate, a password or an account is told of."""
    ending_urgent: timedelta = USUAL_NOTICE.urgent
    """How long before its end that is urgent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a use case may reach, and the rules that hold whatever the document says."""

    directory: Directory
    cloud_scope: CloudScope
    cloud_sync: CloudSync
    tenant_facts: TenantFacts
    ledger: Ledger
    rollouts: Rollouts
    write_control: WriteControl
    plans: Plans
    operations: Operations
    personal_data: PersonalData
    workers: Workers
    ledger_marks: LedgerMarks
    readings: Readings
    sspr_watch: SsprWatch
    account_changes: AccountChanges
    account_looks: AccountLooks
    doctor_looks: DoctorLooks
    door_key: DoorKey
    sources_heard: SourcesHeard
    scim_users: ScimUsers
    held_events: HeldEvents
    preflights: Preflights
    audit: Audit
    outbox: Outbox
    dead_letters: DeadLetters
    unread: Unread
    lifecycle: Lifecycle
    audit_mark: AuditMarks
    """How far the ledger had come, kept outside of it."""
    tenant_rules: TenantRules
    """Not who may be enrolled: `policy_in_force` tells that, or a document by `governs`."""
    limits: TimeLimits = TimeLimits()
    licences: Licences = DEFAULT_LICENCES
    """What has to be assigned to somebody who is to reset a password."""
    brakes: Brakes = field(default_factory=Brakes)
    rhythms: Mapping[str, timedelta] = field(default_factory=dict)
    """How long each HR source may be silent; of one that is not in it no silence is told."""
    provisions_on_demand: bool = False
    """Whether Entra Cloud Sync is asked for new hires ahead of its next cycle."""
    dated_endings: tuple[Ending, ...] = ()
    """What ends on a day that nobody can look up: the settings have it."""
    ledger_check: LedgerCheck = field(default_factory=LedgerCheck)
