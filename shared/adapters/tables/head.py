"""A partition's head: its totals and the end of its audit; whoever changes a row changes it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from shared.adapters.tables.audit import end_of
from shared.adapters.tables.keys import HEAD
from shared.adapters.tables.long_text import gathered, spread
from shared.adapters.tables.table import Row, Verb, Write, etag_of
from shared.domain.audit import AuditEnd, AuditRecord
from shared.domain.person.amendment import Amendment, wave_of
from shared.domain.person.enrolment import State
from shared.domain.person.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Exact after every transaction, because each replaces the head it has read or fails.

    So the head's ETag guards every row of its partition that was read after it.
    """

    end: AuditEnd
    """Of the partition's audit."""
    by_reason: Mapping[tuple[State, Reason], int] = field(default_factory=dict)
    by_flag: Mapping[Reason, int] = field(default_factory=dict)
    by_wave: Mapping[tuple[str, State, bool], int] = field(default_factory=dict)
    """Those whom a wave claims, by its name and their state, and whether they are flagged."""
    moved: int = 0
    """How many keys lead elsewhere."""
    departed: int = 0
    """How often somebody has gone out, who may have come in again since."""
    etag: str | None = None
    """None before the first change of the partition."""

    @classmethod
    def read(cls, partition: str, row: Row | None) -> Self:
        """Returns the head in the row, or that of an empty partition."""
        end = end_of(partition, row)
        if row is None:
            return cls(end=end)
        return cls(
            end=end,
            by_reason={
                (State(state), Reason(reason)): count
                for state, reasons in json.loads(row["Totals"]).items()
                for reason, count in reasons.items()
            },
            by_flag={Reason(flag): count for flag, count in json.loads(row["Flags"]).items()},
            by_wave=_waves_of(gathered("Waves", row) or "{}"),
            moved=row["Moved"],
            departed=row.get("Departed", 0),
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

    @property
    def waves(self) -> frozenset[str]:
        """The waves that claim anybody in the partition."""
        return frozenset(wave for wave, _, _ in self.by_wave)

    def after(self, changes: Sequence[Amendment], record: AuditRecord) -> Self:
        """Returns the head once these changes are in; it has the ETag that it is to replace."""
        by_reason, by_flag = Counter(self.by_reason), Counter(self.by_flag)
        by_wave = Counter(self.by_wave)
        for change in changes:
            for enrolment, one in ((change.before, -1), (change.after, 1)):
                if enrolment is None:
                    continue
                by_reason[enrolment.state, enrolment.reason] += one
                if enrolment.flag:
                    by_flag[enrolment.flag] += one
                if (wave := wave_of(enrolment)) is not None:
                    by_wave[wave, enrolment.state, enrolment.flag is not None] += one
        return replace(
            self,
            end=AuditEnd(record.partition, record.number, record.digest),
            by_reason=+by_reason,
            by_flag=+by_flag,
            by_wave=+by_wave,
            moved=self.moved + sum(change.moved_to is not None for change in changes),
            departed=self.departed + sum(change.departs for change in changes),
        )

    @property
    def write(self) -> Write:
        """The write that replaces the head that was read, or creates the first."""
        totals: dict[State, dict[Reason, int]] = {}
        for (state, reason), count in self.by_reason.items():
            totals.setdefault(state, {})[reason] = count
        row = {
            "PartitionKey": self.end.partition,
            "RowKey": HEAD,
            "Totals": json.dumps(totals),
            "Flags": json.dumps(self.by_flag),
            **spread("Waves", _waves_text(self.by_wave)),
            "Moved": self.moved,
            **({"Departed": self.departed} if self.departed else {}),
            "Number": self.end.number,
            "Digest": self.end.digest,
        }
        return Write(Verb.REPLACE if self.etag else Verb.CREATE, row, self.etag)


def _waves_text(by_wave: Mapping[tuple[str, State, bool], int]) -> str:
    """Writes, for each wave and state, how many are not flagged and how many are."""
    waves: dict[str, dict[State, list[int]]] = {}
    for (wave, state, flagged), count in by_wave.items():
        waves.setdefault(wave, {}).setdefault(state, [0, 0])[flagged] = count
    return json.dumps(waves)


def _waves_of(text: str) -> dict[tuple[str, State, bool], int]:
    return {
        (wave, State(state), flagged): count
        for wave, states in json.loads(text).items()
        for state, counts in states.items()
        for flagged, count in zip((False, True), counts, strict=True)
        if count
    }
