"""One partition of the enrolments: read as needed, changed wholly or not at all."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.adapters.tables.audit import creation_of
from shared.adapters.tables.change import writes_of
from shared.adapters.tables.codec import (
    NAMED_COLUMNS,
    STANDING_COLUMNS,
    enrolment_of,
    named_of,
    standing_of,
)
from shared.adapters.tables.head import Head
from shared.adapters.tables.keys import HEAD, RowKind, row_key, rows_after, rows_of
from shared.adapters.tables.table import Row, Table, Verb, Write
from shared.adapters.tables.transactions import packed, until_undisturbed
from shared.domain.audit import AuditRecord, record_after
from shared.domain.errors import WorldChanged
from shared.domain.person.amendment import Amendment, Decide, entry_of, wave_of
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.membership import NO_EVENT
from shared.domain.person.summary import EnrolmentSummary, NamedSummary

_WORTH_SCANNING = 8
"""Rows read on the way for each one wanted, up to which one range beats that many requests."""


@dataclass(slots=True)
class Found:
    """What is known of some keys: the enrolments, and where those lead that have moved."""

    people: dict[str, Enrolment] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)


class Partition:
    """A partition of the table of enrolments."""

    def __init__(self, table: Table, name: str) -> None:
        self._table = table
        self._name = name
        # Callers in this process wait for each other instead of disturbing each other.
        self._turn = asyncio.Lock()

    async def head(self) -> Head:
        """Reads the totals and the end of the audit."""
        return Head.read(self._name, await self._table.get(self._name, HEAD))

    async def find(self, keys: AbstractSet[str]) -> Found:
        """Returns what is known of these keys."""
        return await self._find(keys, await self.head())

    async def amend(
        self, keys: AbstractSet[str], decide: Decide, *, actor: str, now: datetime
    ) -> Found:
        """Decides for each key and stores; returns what holds afterwards.

        Keys that have moved are not decided about here.

        Raises:
            LedgerConflict: others kept changing this partition.
        """
        settled = Found()
        async with self._turn:
            async for attempt in until_undisturbed():
                with attempt:
                    pending = keys - settled.people.keys() - settled.moved.keys()
                    await self._amend(pending, decide, settled, actor=actor, now=now)
        return settled

    async def lead_on(self, key: str, object_id: str, *, actor: str, now: datetime) -> None:
        """Puts a pointer in the place of whatever is enrolled under this key.

        Raises:
            LedgerConflict: others kept changing this partition.
        """
        async with self._turn:
            async for attempt in until_undisturbed():
                with attempt:
                    head = await self.head()
                    found = await self._find({key}, head)
                    if key not in found.moved:
                        before = found.people.get(key)
                        change = Amendment(key=key, before=before, moved_to=object_id)
                        await self._commit(head, [change], actor=actor, now=now)

    async def erase(
        self,
        keys: AbstractSet[str],
        may_go: Callable[[Enrolment], bool],
        said: Mapping[str, Any],
        *,
        actor: str,
        now: datetime,
    ) -> None:
        """Erases whoever is enrolled under these keys, and the pointers that they are.

        Raises:
            WorldChanged: somebody is there who may not go.
            LedgerConflict: others kept changing this partition.
        """
        async with self._turn:
            async for attempt in until_undisturbed():
                with attempt:
                    head = await self.head()
                    found = await self._find(keys, head)
                    if not all(map(may_go, found.people.values())):
                        raise WorldChanged("the person has moved on meanwhile; look again")
                    await self._erase(
                        found, head, record_after(head.end, said, actor=actor, now=now)
                    )

    async def people(self) -> list[Enrolment]:
        """Returns everybody enrolled here, without keys that have moved."""
        rows = await self._table.scan(self._name, rows_of(RowKind.PERSON))
        return [enrolment_of(row) for row in rows]

    async def in_state(
        self, states: AbstractSet[State], due_before: datetime | None
    ) -> list[Enrolment]:
        """Returns everybody here in one of these states; if a time is given, those due by it."""
        head = await self.head()
        found = await self._find(await self._keys_in_state(states, due_before, head), head)
        return [
            enrolment
            for enrolment in found.people.values()
            if enrolment.state in states and _is_due(enrolment, due_before)
        ]

    async def keys_in_state(self, states: AbstractSet[State]) -> set[str]:
        """Returns the keys of everybody here in one of these states, from the index alone."""
        return await self._keys_in_state(states, None, await self.head())

    async def flagged(self, limit: int) -> list[Enrolment]:
        """Returns up to `limit` people here who are flagged."""
        head = await self.head()
        if not head.by_flag:
            return []
        rows = await self._table.scan(self._name, rows_of(RowKind.FLAG), limit=limit)
        found = await self._find({row["Key"] for row in rows}, head)
        return [enrolment for enrolment in found.people.values() if enrolment.flag]

    async def in_wave(self, wave: str) -> list[Enrolment]:
        """Returns everybody here whom the wave of that name claims."""
        head = await self.head()
        if wave not in head.waves:
            return []
        rows = await self._table.scan(self._name, rows_of(RowKind.WAVE, wave))
        found = await self._find({row["Key"] for row in rows}, head)
        return [one for one in found.people.values() if wave_of(one) == wave]

    async def summaries(self) -> AsyncGenerator[list[EnrolmentSummary]]:
        """Yields everybody enrolled here, without their histories, page by page."""
        people = rows_of(RowKind.PERSON)
        async for page in self._table.pages(self._name, people, select=STANDING_COLUMNS):
            yield [standing_of(row) for row in page]

    async def people_after(self, after: str | None, limit: int) -> list[NamedSummary]:
        """Returns up to `limit` people enrolled here, of those whose keys come after that one."""
        between = rows_after(RowKind.PERSON, after) if after else rows_of(RowKind.PERSON)
        rows = await self._table.scan(self._name, between, limit=limit, select=NAMED_COLUMNS)
        return [named_of(row) for row in rows]

    async def told_of(self) -> AsyncGenerator[list[Enrolment]]:
        """Yields everybody here of whom an event was ever taken, page by page."""
        people, condition = rows_of(RowKind.PERSON), "EventTime gt @since"
        async for page in self._table.pages(
            self._name, people, condition=condition, since=NO_EVENT
        ):
            yield [enrolment_of(row) for row in page]

    async def _amend(
        self, keys: AbstractSet[str], decide: Decide, settled: Found, *, actor: str, now: datetime
    ) -> None:
        head = await self.head()
        found = await self._find(keys, head)
        settled.moved |= found.moved
        changes: list[Amendment] = []
        for key in keys - found.moved.keys():
            before = found.people.get(key)
            after = decide(key, before) or before
            if after and after.key != key:
                raise ValueError(f"key: {key} cannot become {after.key}; that is for adopt()")
            if after == before:
                settled.people |= {key: before} if before else {}
            else:
                changes.append(Amendment(key=key, before=before, after=after))
        for batch in packed((change, writes_of(change, self._name)) for change in changes):
            committed = [change for change, _ in batch]
            head = await self._commit(head, committed, actor=actor, now=now)
            settled.people |= {c.key: c.after for c in committed if c.after}

    async def _commit(
        self, head: Head, changes: Sequence[Amendment], *, actor: str, now: datetime
    ) -> Head:
        """Commits the changes in one transaction, with its audit record; returns the head after it.

        The rows have to be as they were under this head.
        """
        said = {"changes": [entry_of(change) for change in changes]}
        record = record_after(head.end, said, actor=actor, now=now)
        after = head.after(changes, record)
        writes = [write for change in changes for write in writes_of(change, self._name)]
        etags = await self._table.submit([after.write, creation_of(record), *writes])
        return replace(after, etag=etags[0])

    async def _erase(self, found: Found, head: Head, record: AuditRecord) -> None:
        """Erases what was found under this head, in one transaction with its audit record."""
        changes = [Amendment(key=key, before=one) for key, one in found.people.items()]
        writes = [write for change in changes for write in writes_of(change, self._name)]
        for key in found.moved:
            row = {"PartitionKey": self._name, "RowKey": row_key(RowKind.MOVED, key)}
            writes.append(Write(Verb.DELETE, row))
        if writes:
            after = head.after(changes, record)
            after = replace(after, moved=after.moved - len(found.moved))
            await self._table.submit([after.write, creation_of(record), *writes])

    async def _find(self, keys: AbstractSet[str], head: Head) -> Found:
        """Returns what is known of these keys, read after the head, whose ETag guards the rows.

        Pointers are read after people: who moves between the two reads is found by the second.
        """
        people = await self._rows(RowKind.PERSON, keys, head.people)
        moved = await self._rows(RowKind.MOVED, keys - people.keys(), head.moved)
        return Found(
            {key: enrolment_of(row) for key, row in people.items()},
            {key: row["ObjectId"] for key, row in moved.items()},
        )

    async def _rows(self, kind: RowKind, keys: AbstractSet[str], there: int) -> dict[str, Row]:
        """Returns the rows of that kind under these keys.

        `there` is how many rows of that kind the partition holds.
        """
        if not keys or not there:
            return {}
        rows: Iterable[Row]
        if there <= _WORTH_SCANNING * len(keys):
            rows = await self._table.scan(self._name, rows_of(kind))
        else:
            rows = await self._table.get_many(self._name, [row_key(kind, key) for key in keys])
        return {row["Key"]: row for row in rows if row["Key"] in keys}

    async def _keys_in_state(
        self, states: AbstractSet[State], due_before: datetime | None, head: Head
    ) -> set[str]:
        keys: set[str] = set()
        for state in head.states.intersection(states):
            keys |= await self._indexed(state, due_before)
        return keys

    async def _indexed(self, state: State, due_before: datetime | None) -> set[str]:
        between = rows_of(RowKind.STATE, state)
        if due_before is None:
            rows = await self._table.scan(self._name, between)
        else:
            rows = await self._table.scan(
                self._name, between, condition="Due le @due", due=due_before
            )
        return {row["Key"] for row in rows}


def _is_due(enrolment: Enrolment, before: datetime | None) -> bool:
    return before is None or (enrolment.due is not None and enrolment.due <= before)
