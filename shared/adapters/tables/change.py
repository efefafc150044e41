"""A change of one person's rows, as the writes that carry it out."""

from dataclasses import dataclass
from typing import Any

from shared.adapters.tables.codec import columns_of
from shared.adapters.tables.keys import RowKind, row_key
from shared.adapters.tables.table import Verb, Write
from shared.domain.person.enrolment import CauseKind, Enrolment


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From one enrolment to the next; `moved_to` is the object id of whoever leaves for it."""

    key: str
    before: Enrolment | None
    after: Enrolment | None = None
    moved_to: str | None = None

    def writes(self, partition: str) -> list[Write]:
        """The rows that differ: the person's, and those of the index that belong to it."""
        there, wanted = _rows(self.before), _rows(self.after)
        if self.moved_to:
            pointer = {"Key": self.key, "ObjectId": self.moved_to}
            wanted[row_key(RowKind.MOVED, self.key)] = pointer
        puts = [
            Write(Verb.PUT, {"PartitionKey": partition, "RowKey": key, **columns})
            for key, columns in wanted.items()
            if columns != there.get(key)
        ]
        deletes = [
            Write(Verb.DELETE, {"PartitionKey": partition, "RowKey": key})
            for key in there.keys() - wanted.keys()
        ]
        return puts + deletes


def wave_of(enrolment: Enrolment) -> str | None:
    """The name of the wave that claims the person."""
    claim = enrolment.claim(CauseKind.WAVE)
    return claim.cause.reference if claim else None


def _rows(enrolment: Enrolment | None) -> dict[str, dict[str, Any]]:
    """The columns of all rows of one person, by row key."""
    if enrolment is None:
        return {}
    key = enrolment.key
    due = {"Due": enrolment.due} if enrolment.due else {}
    rows = {
        row_key(RowKind.PERSON, key): columns_of(enrolment),
        row_key(RowKind.STATE, enrolment.state, key): {"Key": key, **due},
    }
    if enrolment.flag:
        rows[row_key(RowKind.FLAG, key)] = {"Key": key, "Flag": enrolment.flag.value}
    if (wave := wave_of(enrolment)) is not None:
        rows[row_key(RowKind.WAVE, wave, key)] = {"Key": key}
    return rows
