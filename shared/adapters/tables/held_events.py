"""The `HeldEvents` port on Azure Tables: one partition, in which an event has a row and an index.

A brake's count is a row that is replaced as it was read, or not at all: instances that count at the
same time admit no more together than one would.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from shared.adapters.tables.concurrency import all_of
from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import RowKind, row_key, rows_of
from shared.adapters.tables.long_text import gathered, spread
from shared.adapters.tables.table import Row, Table, Verb, Write, etag_of
from shared.adapters.tables.transactions import packed, until_undisturbed
from shared.domain.person.admission import Admitted
from shared.domain.person.brake import Direction, Rate
from shared.ports.held_events import HeldEvent, place_of

_EVENT = JsonColumns(HeldEvent, "Event")
_PARTITION = "held"
_COUNT = "Admitted"
_PLACE = "Place"


class TableHeldEvents:
    """What brakes hold and count."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def admit(
        self, brake: str, direction: Direction, people: Sequence[str], rate: Rate, now: datetime
    ) -> AbstractSet[str]:
        """Returns those of the people who are within the rate, and counts them.

        Raises:
            LedgerConflict: others kept counting.
        """
        admitted: frozenset[str] = frozenset()
        key = row_key(RowKind.ADMITTED, brake, direction)
        async for attempt in until_undisturbed():
            with attempt:
                row = await self._table.get(_PARTITION, key)
                before = Admitted(json.loads(gathered(_COUNT, row) or "{}") if row else {})
                after, admitted = before.admitting(people, rate, now)
                if after != before:
                    await self._table.submit([_count_write(key, row, after)])
        return admitted

    async def find(
        self, brake: str, direction: Direction, people: Collection[str]
    ) -> Sequence[HeldEvent]:
        """Returns what is held of these people; one request where nothing is."""
        anything = await self._table.scan(
            _PARTITION, rows_of(RowKind.HELD, brake, direction), limit=1, select=["RowKey"]
        )
        if not anything:
            return []
        places = sorted({place_of(brake, direction, person) for person in people})
        rows = await self._table.get_many(_PARTITION, [_held_key(place) for place in places])
        return [_EVENT.read(row) for row in rows]

    async def of_events(self, event_keys: Collection[str]) -> Sequence[HeldEvent]:
        """Returns what is held under these events' keys, in their order."""
        found = await all_of(map(self._of_event, dict.fromkeys(event_keys)))
        return [one for one in found if one]

    async def _of_event(self, event_key: str) -> HeldEvent | None:
        index = await self._table.get(_PARTITION, row_key(RowKind.HELD_KEY, event_key))
        row = index and await self._table.get(_PARTITION, _held_key(str(index[_PLACE])))
        event = _EVENT.read(row) if row else None
        return event if event and event.event_key == event_key else None

    async def keep(self, events: Collection[HeldEvent]) -> None:
        """Holds the events, each in the place of what was held of the same person.

        Raises:
            InvalidMessage: one is larger than the ledger takes.
        """
        kept = {one.place: one for one in events}
        for batch in packed((one, _writes(one)) for one in kept.values()):
            await self._table.submit(write for _, writes in batch for write in writes)

    async def forget(self, events: Collection[HeldEvent]) -> None:
        """Forgets the events; what is held in their places by now stays."""
        await all_of(map(self._forget, events))

    async def page(self, after: str, limit: int) -> Sequence[HeldEvent]:
        """Returns up to `limit` events behind that place, in their order; from the first for ""."""
        first, end = rows_of(RowKind.HELD)
        start = f"{_held_key(after)}~" if after else first
        rows = await self._table.scan(_PARTITION, (start, end), limit=limit)
        return [_EVENT.read(row) for row in rows]

    async def count(self) -> int:
        """Returns how many are held."""
        rows = await self._table.scan(_PARTITION, rows_of(RowKind.HELD), select=["RowKey"])
        return len(rows)

    async def _forget(self, event: HeldEvent) -> None:
        async for attempt in until_undisturbed():
            with attempt:
                row = await self._table.get(_PARTITION, _held_key(event.place))
                if row is None or _EVENT.read(row).event_key != event.event_key:
                    return
                places = (_held_key(event.place), row_key(RowKind.HELD_KEY, event.event_key))
                held, index = ({"PartitionKey": _PARTITION, "RowKey": key} for key in places)
                await self._table.submit(
                    [Write(Verb.DELETE, held, etag_of(row)), Write(Verb.DELETE, index)]
                )


def index_of_held(row: Row) -> list[str]:
    """Returns the keys of the rows by which the held event in a row is found."""
    return [row_key(RowKind.HELD_KEY, _EVENT.read(row).event_key)]


def _count_write(key: str, row: Row | None, count: Admitted) -> Write:
    place = {"PartitionKey": _PARTITION, "RowKey": key}
    verb, etag = (Verb.REPLACE, etag_of(row)) if row else (Verb.CREATE, None)
    return Write(verb, place | spread(_COUNT, json.dumps(dict(count.at))), etag)


def _writes(event: HeldEvent) -> list[Write]:
    held = {"PartitionKey": _PARTITION, "RowKey": _held_key(event.place)}
    index = {
        "PartitionKey": _PARTITION,
        "RowKey": row_key(RowKind.HELD_KEY, event.event_key),
        _PLACE: event.place,
    }
    return [Write(Verb.PUT, held | _EVENT.of(event)), Write(Verb.PUT, index)]


def _held_key(place: str) -> str:
    parts: Iterable[str] = place.split("|")
    return row_key(RowKind.HELD, *parts)
