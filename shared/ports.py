"""What the use cases need from the world, as narrow protocols; the adapters provide it."""

from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from shared.contracts.directory_command import DirectoryCommand
from shared.contracts.hr.vocabulary import Source
from shared.contracts.lifecycle_callback import LifecycleCallback
from shared.contracts.operation_request import OperationRequest
from shared.contracts.returned_message import ReturnedMessage
from shared.contracts.scope_change import ScopeChange
from shared.domain.answers import Answer
from shared.domain.audit import AuditEnd, AuditRecord
from shared.domain.enrolment import Enrolment, State
from shared.domain.gate import Evaluation
from shared.domain.health import Kind
from shared.domain.measurements import WorkerSight
from shared.domain.people import Identifier, Memberships, Person, Registration
from shared.domain.policy import Policy
from shared.domain.reasons import Reason
from shared.domain.resets import Reset
from shared.domain.rollout import Lease, Rollout
from shared.domain.standing import Standing


class Directory(Protocol):
    """Entra, read through Graph. Every call takes a batch and may take seconds."""

    async def find_people(
        self, identifiers: Collection[Identifier]
    ) -> Mapping[Identifier, tuple[Person, ...]]:
        """Everybody each identifier points at; an identifier of nobody maps to `()`."""

    async def find_by_source_anchor(self, anchors: Collection[str]) -> Mapping[str, Person]:
        """Synced people by `onPremisesImmutableId`; those not in Entra are left out."""

    async def memberships(self, object_ids: Collection[str]) -> Mapping[str, Memberships]:
        """Groups and roles, direct or through others; an id of nobody is left out."""

    async def scope_member_ids(self) -> frozenset[str]:
        """Everybody in the scope group, direct or nested, by listing it."""

    async def registrations(self) -> Mapping[str, Registration]:
        """The whole registration report by object id; it lags by up to hours."""

    def everybody(self) -> AsyncIterator[Sequence[Person]]:
        """Every user of the tenant, guests and disabled ones too, by the page."""

    async def group_member_ids(self, group_id: str) -> frozenset[str] | None:
        """The people in any group, direct or nested; None where there is no such group."""

    async def administrator_ids(self) -> frozenset[str]:
        """Who holds a directory role, by the registration report; it lags by up to hours."""

    async def registered_ids(self) -> frozenset[str]:
        """Who is registered for SSPR, by the same report."""

    async def resets(self, since: datetime) -> Sequence[Reset]:
        """The resets that people tried by themselves since then, by the audit log."""


class CloudScope(Protocol):
    """The cloud scope group, written through Graph; this is its only writer."""

    async def add(self, object_ids: Collection[str]) -> Mapping[str, Answer]:
        """Put people in, 20 to a PATCH; one answer each."""

    async def remove(self, object_ids: Collection[str]) -> Mapping[str, Answer]:
        """Take people out; one answer each."""


class Outbox(Protocol):
    """The queues this side sends to. A message sent twice with one key is delivered once."""

    async def send_onboarding(self, bodies: Sequence[tuple[str, bytes]]) -> None:
        """Onboarding events as they are, each with its key."""

    async def send_scope_changes(self, changes: Sequence[ScopeChange]) -> None:
        """Keys of people whose membership is to be written."""

    async def send_commands(self, commands: Sequence[DirectoryCommand]) -> None:
        """Commands to the hybrid worker."""

    async def send_operations(self, requests: Sequence[OperationRequest]) -> None:
        """Operations that take longer than an HTTP request may."""

    async def send_callbacks(
        self, callbacks: Sequence[LifecycleCallback], after: timedelta = timedelta()
    ) -> None:
        """Workflows that wait to be called back; delivered so much later."""

    async def return_messages(
        self, queue: str, messages: Sequence[ReturnedMessage], after: timedelta
    ) -> None:
        """Messages of a queue of ours on that queue again; delivered so much later."""


class Lifecycle(Protocol):
    """Lifecycle Workflows of Entra ID Governance, where its workflows wait to hear from us."""

    async def resume(self, callback_path: str, *, completed: bool) -> bool:
        """Tell a waiting task its outcome; False where nobody waits there any more.

        Raises:
            DirectoryUnavailable: Graph did not take it.
        """


class Tokens(Protocol):
    """Access tokens that Entra has issued for this app."""

    async def application_of(self, token: str, now: datetime) -> str:
        """The client id of the app that has been given the token.

        Raises:
            NotAuthenticated: it is no token of this tenant for us, or no longer.
            DirectoryUnavailable: Entra's keys could not be read.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """The HR systems that may send, and what their proofs are checked with."""

    sources: Mapping[str, Source]
    secrets: Mapping[str, bytes] = field(repr=False, default_factory=dict)
    """By name, in lower case."""
    tokens: Tokens | None = None
    """None where no source needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one message: whom it concerned, or why it was refused.

    `body` is kept of refused messages only, so that nothing is lost.
    """

    key: str
    queue: str
    at: datetime
    outcome: Reason
    person_key: str | None = None
    field: str | None = None
    detail: str = ""
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """How many people are in each state, for which reason, and how many are flagged."""

    by_state: Mapping[State, int]
    by_reason: Mapping[tuple[State, Reason], int]
    by_flag: Mapping[Reason, int]
    refused_messages: int
    by_wave: Mapping[tuple[str, State, bool], int]
    """Those whom a wave holds, by its name and their state, and whether they are flagged."""


class Ledger(Protocol):
    """What is remembered of everybody, and the audit of every change, in one place.

    A change of a person, its index entry, the totals and the audit record are one transaction.
    """

    async def load(self, keys: Collection[str]) -> Mapping[str, Enrolment]:
        """The enrolments under these keys; unknown keys are left out.

        A provisional key whose person has arrived in Entra leads to the enrolment they have now
        (whose `key` then differs from the key asked for).
        """

    async def amend(
        self,
        keys: Collection[str],
        decide: Callable[[str, Enrolment | None], Enrolment | None],
        *,
        actor: str,
        now: datetime,
    ) -> Mapping[str, Enrolment]:
        """Load, decide and store, guarded against others who change the same rows.

        `decide` is pure and may be called again with fresher rows; what it returns unchanged is
        not written, and None means that there is nothing to remember. Answers with everybody's
        enrolment after the change, by the key asked for.

        Raises:
            LedgerConflict: others kept changing the same rows.
        """

    async def adopt(
        self, provisional_key: str, arrived: Enrolment, *, actor: str, now: datetime
    ) -> Enrolment:
        """Move a provisional enrolment to the object id; the old key leads to the new one."""

    async def in_state(
        self, states: Collection[State], *, due_before: datetime | None = None
    ) -> Sequence[Enrolment]:
        """Everybody in these states; with `due_before`, those whose `due` has come."""

    async def keys_in_state(self, states: Collection[State]) -> Sequence[AbstractSet[str]]:
        """The keys of everybody in these states, in portions whose rows fit into memory."""

    async def provisional(self) -> Sequence[Enrolment]:
        """Everybody enrolled who was not in Entra when last looked for."""

    async def in_wave(self, wave: str) -> Sequence[Enrolment]:
        """Everybody whom the wave of that name holds."""

    def standings(self) -> AsyncIterator[Sequence[Standing]]:
        """Everybody who is remembered under an object id, without their histories, by the page."""

    async def totals(self) -> Totals:
        """The totals, without reading every person."""

    async def flagged(self, limit: int) -> Sequence[Enrolment]:
        """Up to `limit` people whom somebody has to look at."""

    async def record_receipts(self, receipts: Collection[Receipt]) -> None:
        """Remember what became of messages; recording one again changes nothing."""

    async def receipt(self, key: str) -> Receipt | None:
        """What became of the message with this key."""

    async def refused(self, limit: int) -> Sequence[Receipt]:
        """The newest refused messages, with their bodies."""


@dataclass(frozen=True, slots=True)
class StoredRollout:
    """The rollout as it was read; whoever replaces it proves that nobody else has since."""

    rollout: Rollout
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What the last look at everybody found and did; ids are cut off after the first few."""

    at: datetime
    listed: int
    eligible: int
    kept: int
    added: int
    removed: int
    removed_by_hand: Sequence[str]
    added_by_hand: Sequence[str]
    repaired: int
    skips: Mapping[Reason, int]
    problem: str = ""


class Rollouts(Protocol):
    """The one rollout of this scope group, with its documents and what gates said."""

    async def current(self) -> StoredRollout | None:
        """The rollout; None before the first document was applied."""

    async def replace(
        self, stored: StoredRollout | None, rollout: Rollout, *, action: str, now: datetime
    ) -> StoredRollout:
        """Put the rollout in the place of the one that was read, with an audit record.

        Actor and reason are the rollout's own.

        Raises:
            LedgerConflict: somebody else has changed it since it was read.
        """

    async def renew(self, stored: StoredRollout, lease: Lease | None) -> StoredRollout:
        """Take, keep or give back the lease; no audit record.

        Raises:
            LedgerConflict: somebody else has changed the rollout since it was read.
        """

    async def keep_document(self, version: int, text: str, *, actor: str, now: datetime) -> None:
        """Keep a version of the document as the operator wrote it."""

    async def document_text(self, version: int) -> str | None:
        """A version of the document as the operator wrote it."""

    async def keep_evaluation(self, evaluation: Evaluation) -> None:
        """Keep a look at the gates; the newest without a decision replaces the one before."""

    async def evaluations(self, limit: int) -> Sequence[Evaluation]:
        """The newest looks at the gates, newest first."""

    async def keep_reconciliation(self, reconciliation: Reconciliation) -> None:
        """Keep what the last look at everybody found."""

    async def reconciliation(self) -> Reconciliation | None:
        """What the last look at everybody found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPerson:
    """One line of a plan for people to read."""

    object_id: str
    action: str
    """`add`, `remove`, `skip` or `drift`."""
    wave: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPlan:
    """A plan that was shown to an operator."""

    fingerprint: str
    document_text: str
    drawn_up_at: datetime
    actor: str
    summary: Mapping[str, Any]
    """What the operator saw, as plain JSON values."""


class Plans(Protocol):
    """Plans that may be applied, by their fingerprint."""

    async def keep(self, plan: KeptPlan, people: Iterable[PlannedPerson]) -> None:
        """Keep a plan and everybody in it; a plan kept again changes nothing."""

    async def find(self, fingerprint: str) -> KeptPlan | None:
        """The plan with this fingerprint."""

    async def people(self, fingerprint: str, page: int) -> Sequence[PlannedPerson]:
        """A page of a plan's people, from 0; empty after the last."""


class OperationState(StrEnum):
    """How an operation stands."""

    QUEUED = "queued"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something an operator asked for that takes longer than an HTTP request may."""

    key: str
    kind: str
    actor: str
    requested_at: datetime
    parameters: Mapping[str, Any]
    state: OperationState = OperationState.QUEUED
    result: Mapping[str, Any] | None = None
    """What came of it, as plain JSON values."""
    problem: str = ""
    """Why it was refused."""


class Operations(Protocol):
    """What operators asked for."""

    async def keep(self, operation: Operation) -> None:
        """Remember the operation as it stands."""

    async def find(self, key: str) -> Operation | None:
        """The operation with this key."""


class Workers(Protocol):
    """The hybrid workers that have been heard of."""

    async def sighted(self, sights: Collection[WorkerSight]) -> None:
        """Remember what workers said of themselves last."""

    async def sights(self) -> Sequence[WorkerSight]:
        """What each worker said last."""


class Audit(Protocol):
    """Every change of anybody and of the rollout, chained within each partition."""

    async def ends(self) -> Sequence[AuditEnd]:
        """Where each partition's chain ends."""

    async def records(self, partition: str, after: int, limit: int) -> Sequence[AuditRecord]:
        """Up to `limit` records that follow number `after`, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A way to see whether something can be reached; it changes nothing there."""

    kind: Kind
    name: str
    purpose: str
    look: Callable[[], Awaitable[None]] = field(repr=False)
    """Raises `NotReached`; it may take its time, whoever calls it has not."""


class Dependency(Protocol):
    """Something outside that the app cannot do without."""

    def checks(self) -> Sequence[Check]:
        """How to see whether each part of it can be reached, apart from each other."""


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
