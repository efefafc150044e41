"""The storage: all that the memory ports of one ledger keep, for as many of them as open it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain.audit import AuditEnd, AuditRecord, record_after
from shared.domain.ledger_mark import LedgerMark
from shared.domain.person.admission import Admitted
from shared.domain.person.enrolment import Enrolment
from shared.domain.person.partitions import MESSAGES, PARTITIONS, ROLLOUT, WRITING
from shared.domain.rollout.measurements import WorkerSight
from shared.domain.rollout.state import Lease
from shared.ports.account_looks import AccountLook
from shared.ports.ledger import Receipt
from shared.ports.plans import PlannedPerson
from shared.ports.readings import Reading


@dataclass(slots=True)
class Chain:
    """One partition's audit."""

    partition: str
    records: list[AuditRecord] = field(default_factory=list)

    @property
    def end(self) -> AuditEnd:
        """Where it ends; number 0 where nothing has been recorded."""
        if not self.records:
            return AuditEnd(self.partition, 0, "")
        last = self.records[-1]
        return AuditEnd(self.partition, last.number, last.digest)

    def append(self, said: dict[str, Any], *, actor: str, now: datetime) -> None:
        """Records what is said, next in the chain."""
        self.records.append(record_after(self.end, said, actor=actor, now=now))


@dataclass(slots=True)
class Partition:
    """People who are changed, counted and audited together."""

    chain: Chain
    people: dict[str, Enrolment] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """Where keys lead that are nobody's any more."""
    departed: int = 0
    """How often somebody has gone out."""

    @property
    def version(self) -> int:
        """A number that is another after every change."""
        return self.chain.end.number


@dataclass(slots=True)
class KeptRollout:
    """The rollout as it is stored; `etag` is another after every change, the lease's too."""

    text: str
    lease: Lease | None
    etag: str


DOOR_KEY = bytes(range(32))
"""The same in every storage, so that a test can prove an event."""


@dataclass(slots=True)
class Storage:
    """Empty at first. Whoever opens it a second time is another process on the same ledger."""

    partitions: dict[str, Partition] = field(
        default_factory=lambda: {name: Partition(Chain(name)) for name in PARTITIONS}
    )
    receipts: dict[str, Receipt] = field(default_factory=dict)
    rollout: KeptRollout | None = None
    rollout_chain: Chain = field(default_factory=lambda: Chain(ROLLOUT))
    messages_chain: Chain = field(default_factory=lambda: Chain(MESSAGES))
    writing: str | None = None
    hour: tuple[str, int] | None = None
    """How many people were written, and how often it was counted."""
    writing_chain: Chain = field(default_factory=lambda: Chain(WRITING))
    documents: dict[int, str] = field(default_factory=dict)
    evaluations: dict[datetime | None, str] = field(default_factory=dict)
    """By their time; the one without a decision under None."""
    reconciliation: str | None = None
    watch: str | None = None
    move_look: str | None = None
    scope_doubt: str | None = None
    plans: dict[str, tuple[str, tuple[PlannedPerson, ...]]] = field(default_factory=dict)
    """By fingerprint: the plan, and its people."""
    operations: dict[str, str] = field(default_factory=dict)
    mark: LedgerMark | None = None
    sights: dict[str, WorkerSight] = field(default_factory=dict)
    door_key: bytes = DOOR_KEY
    sources_heard: dict[str, datetime] = field(default_factory=dict)
    """When each HR source has sent last."""
    scim_users: dict[tuple[str, str], str] = field(default_factory=dict)
    """By source and id."""
    held: dict[str, str] = field(default_factory=dict)
    """Events that a brake holds, by their places."""
    admitted: dict[tuple[str, str], Admitted] = field(default_factory=dict)
    """A brake's counts, by its name and the direction."""
    questions: dict[str, str] = field(default_factory=dict)
    """What the worker was asked about people, by the questions' keys."""
    preflights: dict[str, str] = field(default_factory=dict)
    """What was found about people, by their keys."""
    reading: Reading | None = None
    """The reading of the registration report that is under way."""
    doctor_look: datetime | None = None
    account_look: AccountLook | None = None
    sspr_sight: str | None = None
    """What is known of whom SSPR is on for."""
    sspr_shares: str | None = None
    """What the newest whole reading of the report showed."""

    @property
    def chains(self) -> dict[str, Chain]:
        """All there are, by their partition, those that are not of people last."""
        chains = {name: partition.chain for name, partition in self.partitions.items()}
        others = (self.messages_chain, self.writing_chain, self.rollout_chain)
        return chains | {chain.partition: chain for chain in others}
