"""A partition's head: its totals and the end of its audit; whoever changes a row changes it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from shared.adapters.ledger.audit import AuditRecord
from shared.adapters.ledger.change import Change
from shared.adapters.ledger.keys import HEAD
from shared.adapters.ledger.table import Row, Verb, Write, etag_of
from shared.domain.enrolment import State
from shared.domain.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Exact after every transaction, because each replaces the head it has read or fails.

    So the head's ETag guards every row of its partition that was read after it.
    """

    partition: str
    by_reason: Mapping[tuple[State, Reason], int] = field(default_factory=dict)
    by_flag: Mapping[Reason, int] = field(default_factory=dict)
    moved: int = 0
    """How many keys lead elsewhere."""
    number: int = 0
    """The number of the newest audit record."""
    digest: str = ""
    """Its digest."""
    etag: str | None = None
    """None before the first change of the partition."""

    @classmethod
    def read(cls, partition: str, row: Row | None) -> Self:
        """The head in the row, or that of an empty partition."""
        if row is None:
            return cls(partition=partition)
        return cls(
            partition=partition,
            by_reason={
                (State(state), Reason(reason)): count
                for state, reasons in json.loads(row["Totals"]).items()
                for reason, count in reasons.items()
            },
            by_flag={Reason(flag): count for flag, count in json.loads(row["Flags"]).items()},
            moved=row["Moved"],
            number=row["Number"],
            digest=row["Digest"],
            etag=etag_of(row),
        )

    @property
    def people(self) -> int:
        """How many people the partition holds."""
        return sum(self.by_reason.values())

    @property
    def states(self) -> frozenset[State]:
        """The states that anybody in the partition is in."""
        return frozenset(state for state, _ in self.by_reason)

    def after(self, changes: Sequence[Change], record: AuditRecord) -> Self:
        """The head once these changes are in; it has the ETag that it is to replace."""
        by_reason, by_flag = Counter(self.by_reason), Counter(self.by_flag)
        for change in changes:
            for enrolment, one in ((change.before, -1), (change.after, 1)):
                if enrolment:
                    by_reason[enrolment.state, enrolment.reason] += one
                if enrolment and enrolment.flag:
                    by_flag[enrolment.flag] += one
        return replace(
            self,
            by_reason=+by_reason,
            by_flag=+by_flag,
            moved=self.moved + sum(change.moved_to is not None for change in changes),
            number=record.number,
            digest=record.digest,
        )

    @property
    def write(self) -> Write:
        """Replaces the head that was read, or creates the first."""
        totals: dict[State, dict[Reason, int]] = {}
        for (state, reason), count in self.by_reason.items():
            totals.setdefault(state, {})[reason] = count
        row = {
            "PartitionKey": self.partition,
            "RowKey": HEAD,
            "Totals": json.dumps(totals),
            "Flags": json.dumps(self.by_flag),
            "Moved": self.moved,
            "Number": self.number,
            "Digest": self.digest,
        }
        return Write(Verb.REPLACE if self.etag else Verb.CREATE, row, self.etag)
