"""The `Ledger` port on Azure Tables."""

from collections import Counter
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Collection,
    Iterable,
    Mapping,
    Sequence,
)
from collections.abc import (
    Set as AbstractSet,
)
from contextlib import AsyncExitStack, aclosing
from datetime import datetime
from itertools import batched
from typing import Any

from shared.adapters.tables.concurrency import all_of
from shared.adapters.tables.partition import Found, Partition
from shared.adapters.tables.receipts import Receipts
from shared.adapters.tables.table import Table
from shared.domain.person.amendment import Decide, Join, in_turn
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.partitions import BUCKETS, PARTITIONS, PROVISIONAL, bucket, partition_of
from shared.domain.person.summary import EnrolmentSummary, NamedSummary
from shared.domain.person.verification import joined, refuse_outdated
from shared.ports.ledger import PeoplePart, Receipt, Totals

_PARTITIONS_AT_ONCE = 4
"""When everybody is read: pages that are held in memory."""
_PEOPLE_AT_ONCE = 20_000
"""Of a portion of keys, unless one partition holds more: with their histories some 100 MB."""


class TableLedger:
    """Enrolments in 16 partitions by object id and one for those who have none; and receipts.

    Everything about a person, the totals and the audit of it lie in the person's partition, and
    every transaction replaces that partition's head: so the totals are always exact, and of two
    who change a partition at once one decides again. Transient errors are retried by the SDK;
    what remains of them is raised as the SDK's own.
    """

    def __init__(self, enrolments: Table, receipts: Table) -> None:
        self._partitions = {name: Partition(enrolments, name) for name in PARTITIONS}
        self._receipts = Receipts(receipts)

    async def load(self, keys: Collection[str]) -> Mapping[str, Enrolment]:
        """Loads the enrolments under these keys, or where those lead; unknown keys are left out."""
        return await self._follow(keys, lambda partition, asked: partition.find(asked.keys()))

    async def amend(
        self, keys: Collection[str], decide: Decide, *, actor: str, now: datetime
    ) -> Mapping[str, Enrolment]:
        """Loads, decides and stores, each partition in transactions of its own.

        Raises:
            LedgerConflict: others kept changing the same partition. Other partitions, and what
                was committed before in this one, are done; running it again does the rest.
        """
        return await self._follow(
            keys,
            lambda partition, asked: partition.amend(
                asked.keys(), in_turn(asked, decide), actor=actor, now=now
            ),
        )

    async def adopt(
        self,
        provisional_key: str,
        arrived: Enrolment,
        *,
        actor: str,
        now: datetime,
        join: Join = joined,
    ) -> Enrolment:
        """Moves a provisional enrolment to the object id; the old key leads to the new one.

        Whoever is enrolled under the object id already is joined with them, as `join` says. Two
        transactions: after a crash between them the person is still provisional, and adopting again
        ends it.

        Raises:
            LedgerConflict: the provisional enrolment has gone further than `arrived` knows of, or
                others kept changing the same partition.
        """
        provisional = self._partitions[PROVISIONAL]
        current = (await provisional.find({provisional_key})).people.get(provisional_key)
        refuse_outdated(arrived, current)
        settled = await self._partition(arrived.key).amend(
            {arrived.key},
            lambda _, known: join(known, arrived, now) if known else arrived,
            actor=actor,
            now=now,
        )
        await provisional.lead_on(provisional_key, arrived.key, actor=actor, now=now)
        return settled.people[arrived.key]

    async def erase(
        self,
        keys: Collection[str],
        may_go: Callable[[Enrolment], bool],
        said: Mapping[str, Any],
        *,
        actor: str,
        now: datetime,
    ) -> None:
        """Erases whoever is enrolled under these keys, and where the keys themselves lead.

        Raises:
            WorldChanged: somebody is there who may not go; nothing of that partition is erased.
            LedgerConflict: others kept changing the same partition.
        """
        by_partition: dict[str, set[str]] = {}
        for key in keys:
            by_partition.setdefault(partition_of(key), set()).add(key)
        for name, there in sorted(by_partition.items()):
            await self._partitions[name].erase(there, may_go, said, actor=actor, now=now)

    async def in_state(
        self, states: Collection[State], *, due_before: datetime | None = None
    ) -> Sequence[Enrolment]:
        """Returns everybody in these states; with `due_before`, those `due` then or before."""
        wanted = frozenset(states)
        return await self._from_all(lambda partition: partition.in_state(wanted, due_before))

    async def keys_in_state(self, states: Collection[State]) -> Sequence[AbstractSet[str]]:
        """Returns the keys of everybody in these states, whole partitions to a portion."""
        wanted = frozenset(states)
        found = await all_of(one.keys_in_state(wanted) for one in self._partitions.values())
        return _portions(found)

    async def provisional(self) -> Sequence[Enrolment]:
        """Returns everybody enrolled under a provisional key that has not been adopted."""
        return await self._partitions[PROVISIONAL].people()

    async def in_wave(self, wave: str) -> Sequence[Enrolment]:
        """Returns everybody whom the wave of that name claims, by its index."""
        return await self._from_all(lambda partition: partition.in_wave(wave))

    async def summaries(
        self, partitions: Sequence[str] = BUCKETS
    ) -> AsyncGenerator[Sequence[EnrolmentSummary]]:
        """Yields everybody who is remembered under an object id, up to 1,000 to a page."""
        readers = (self._partitions[name].summaries for name in partitions)
        async with aclosing(_pages_of(readers)) as pages:
            async for page in pages:
                yield page

    async def people_after(self, after: str | None, limit: int) -> PeoplePart:
        """Returns up to `limit` people, partition by partition, in the order of their keys.

        A part that is not full is the last; so where exactly as many are left, one more is empty.
        """
        people: list[NamedSummary] = []
        place = bucket(after) if after else BUCKETS[0]
        for name in BUCKETS[BUCKETS.index(place) :]:
            since = after if name == place else None
            people += await self._partitions[name].people_after(since, limit - len(people))
            if len(people) == limit:
                return PeoplePart(people, people[-1].summary.key)
        return PeoplePart(people, None)

    async def told_of(self) -> AsyncGenerator[Sequence[Enrolment]]:
        """Yields everybody of whom an event was ever taken, page by page."""
        readers = (one.told_of for one in self._partitions.values())
        async with aclosing(_pages_of(readers)) as pages:
            async for page in pages:
                yield page

    async def totals(self) -> Totals:
        """Returns the totals, from the heads alone; refused messages are counted."""
        heads = await all_of(partition.head() for partition in self._partitions.values())
        by_reason = _sum(head.by_reason for head in heads)
        by_state = _sum({state: count} for (state, _), count in by_reason.items())
        by_flag = _sum(head.by_flag for head in heads)
        by_wave = _sum(head.by_wave for head in heads)
        refused = await self._receipts.count_refused()
        departed = sum(head.departed for head in heads)
        return Totals(by_state, by_reason, by_flag, refused, by_wave, departed)

    async def flagged(self, limit: int) -> Sequence[Enrolment]:
        """Returns up to `limit` people whom somebody has to look at."""
        found = await self._from_all(lambda partition: partition.flagged(limit))
        return found[:limit]

    async def record_receipts(self, receipts: Collection[Receipt]) -> None:
        """Remembers what became of messages; a key that is known changes nothing.

        Except that a refusal gives way to what became of the same message later.
        """
        await self._receipts.record(receipts)

    async def receipt(self, key: str) -> Receipt | None:
        """Returns what became of the message with this key; None where nothing is known of it."""
        return await self._receipts.find(key)

    async def refused(self, limit: int) -> Sequence[Receipt]:
        """Returns the newest refused messages, with their bodies."""
        return await self._receipts.newest_refused(limit)

    def _partition(self, key: str) -> Partition:
        return self._partitions[partition_of(key)]

    async def _from_all(
        self, read: Callable[[Partition], Awaitable[list[Enrolment]]]
    ) -> list[Enrolment]:
        parts = await all_of(read(partition) for partition in self._partitions.values())
        return [enrolment for part in parts for enrolment in part]

    async def _follow(
        self,
        keys: Iterable[str],
        visit: Callable[[Partition, Mapping[str, AbstractSet[str]]], Awaitable[Found]],
    ) -> dict[str, Enrolment]:
        """Visits the partitions of the keys, then those that moved keys lead to.

        What is visited maps each person's own key to the keys that were asked for.
        """
        place = {key: key for key in keys}
        people: dict[str, Enrolment] = {}
        pending = set(place)
        while pending:
            visits: dict[str, dict[str, set[str]]] = {}
            for key in pending:
                partition = visits.setdefault(partition_of(place[key]), {})
                partition.setdefault(place[key], set()).add(key)
            found = await all_of(
                visit(self._partitions[name], asked) for name, asked in visits.items()
            )
            moved: dict[str, str] = {}
            for part in found:
                people |= part.people
                moved |= part.moved
            place |= moved
            pending = set(moved)
        return {key: people[at] for key, at in place.items() if at in people}


async def _pages_of[T](
    readers: Iterable[Callable[[], AsyncGenerator[list[T]]]],
) -> AsyncGenerator[Sequence[T]]:
    """Yields the pages of partitions, of a few at a time."""
    for some in batched(readers, _PARTITIONS_AT_ONCE, strict=False):
        async with AsyncExitStack() as stack:
            opened = [await stack.enter_async_context(aclosing(read())) for read in some]
            pages: Sequence[Sequence[T] | None] = [()]
            # The service may give an empty page before the last one.
            while any(page is not None for page in pages):
                pages = await all_of(anext(reader, None) for reader in opened)
                for page in filter(None, pages):
                    yield page


def _sum[T](counts: Iterable[Mapping[T, int]]) -> Counter[T]:
    total = Counter[T]()
    for some in counts:
        total.update(some)
    return total


def _portions(parts: Iterable[AbstractSet[str]]) -> list[set[str]]:
    """Puts partitions together into portions; those of a portion are changed at the same time."""
    portions: list[set[str]] = []
    for part in filter(None, parts):
        if portions and len(portions[-1]) + len(part) <= _PEOPLE_AT_ONCE:
            portions[-1] |= part
        else:
            portions.append(set(part))
    return portions
