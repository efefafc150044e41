"""A change of one person, as the writes of the rows that carry it out."""

from typing import Any

from shared.adapters.tables.codec import columns_of
from shared.adapters.tables.keys import RowKind, row_key
from shared.adapters.tables.table import Verb, Write
from shared.domain.person.amendment import Amendment, wave_of
from shared.domain.person.enrolment import Enrolment


def writes_of(change: Amendment, partition: str) -> list[Write]:
    """Returns the writes of the rows that differ: the person's, and its rows of the index."""
    there, wanted = _rows(change.before), _rows(change.after)
    if change.moved_to:
        pointer = {"Key": change.key, "ObjectId": change.moved_to}
        wanted[row_key(RowKind.MOVED, change.key)] = pointer
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


def _rows(enrolment: Enrolment | None) -> dict[str, dict[str, Any]]:
    """Returns the columns of all rows of one person, by row key."""
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
