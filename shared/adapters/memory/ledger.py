"""The port `Ledger`, in memory."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import batched
from typing import Any

from shared.adapters.memory.receipts import Receipts
from shared.adapters.memory.storage import Partition, Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.errors import LedgerConflict, WorldChanged
from shared.domain.person.amendment import Amendment, Decide, Join, entry_of, in_turn, wave_of
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.membership import NO_EVENT
from shared.domain.person.partitions import BUCKETS, PROVISIONAL, bucket, partition_of
from shared.domain.person.summary import EnrolmentSummary, NamedSummary
from shared.domain.person.verification import joined, refuse_outdated
from shared.ports.ledger import PeoplePart, Receipt, Totals

_MOST_TRIES = 10
_TRANSACTION = 24
"""People to a transaction, as where each takes up to four rows of a hundred."""
_PAGE = 1_000


class MemoryLedger:
    """People in partitions that are changed by transactions, like those of Azure Tables.

    Between reading and committing stand the points `ledger.amend read` and `ledger.amend commit`:
    whoever changes the same partition there has it decided about again.
    """

    def __init__(
        self, storage: Storage, pause: Pause = straight_on, *, people_at_once: int = 20_000
    ) -> None:
        """Opens this storage; `people_at_once` bounds the portions of `keys_in_state`."""
        self._storage = storage
        self._pause = pause
        self._people_at_once = people_at_once
        self._receipts = Receipts(storage)

    async def load(self, keys: Collection[str]) -> Mapping[str, Enrolment]:
        """Loads the enrolments under these keys, or where those lead; unknown keys are left out."""
        await self._pause("ledger.load")
        found = {key: self._find(key) for key in keys}
        return {key: enrolment for key, enrolment in found.items() if enrolment}

    async def amend(
        self, keys: Collection[str], decide: Decide, *, actor: str, now: datetime
    ) -> Mapping[str, Enrolment]:
        """Loads, decides and stores, each partition in transactions of its own.

        Raises:
            LedgerConflict: others kept changing the same partition. Other partitions, and what
                was committed before in this one, are done; running it again does the rest.
        """
        await self._pause("ledger.amend")
        pending = set(keys)
        errors: list[LedgerConflict] = []
        while pending:
            asked = self._by_person(pending)
            by_partition: dict[str, set[str]] = {}
            for own_key in asked:
                by_partition.setdefault(partition_of(own_key), set()).add(own_key)
            settled: set[str] = set()
            for name, own_keys in sorted(by_partition.items()):
                partition = self._storage.partitions[name]
                try:
                    settled |= await self._amend(
                        partition, own_keys, in_turn(asked, decide), actor=actor, now=now
                    )
                except LedgerConflict as error:
                    errors.append(error)
            if errors:
                raise errors[0]
            # Who was adopted meanwhile is decided about where they are now.
            pending -= {key for own_key in settled for key in asked[own_key]}
        await self._pause("ledger.amend done")
        found = {key: self._find(key) for key in keys}
        return {key: enrolment for key, enrolment in found.items() if enrolment}

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

        Two transactions, and `ledger.adopt joined` stands between them: after a crash there the
        person is still provisional, and adopting again ends it.

        Raises:
            LedgerConflict: the provisional enrolment has gone further than `arrived` knows of, or
                others kept changing the same partition.
        """
        await self._pause("ledger.adopt")
        provisional = self._storage.partitions[PROVISIONAL]
        refuse_outdated(arrived, provisional.people.get(provisional_key))
        own = self._storage.partitions[partition_of(arrived.key)]
        known = own.people.get(arrived.key)
        settled = join(known, arrived, now) if known else arrived
        if settled != known:
            change = Amendment(key=arrived.key, before=known, after=settled)
            _commit(own, [change], actor=actor, now=now)
        await self._pause("ledger.adopt joined")
        if provisional_key not in provisional.moved:
            left = provisional.people.get(provisional_key)
            change = Amendment(key=provisional_key, before=left, moved_to=arrived.key)
            _commit(provisional, [change], actor=actor, now=now)
        await self._pause("ledger.adopt done")
        return settled

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
            WorldChanged: somebody is there who may not go.
        """
        for name in sorted(set(map(partition_of, keys))):
            await self._pause("ledger.erase")
            partition = self._storage.partitions[name]
            people = [partition.people[key] for key in keys if key in partition.people]
            moved = [key for key in keys if key in partition.moved]
            if not all(map(may_go, people)):
                raise WorldChanged("the person has moved on meanwhile; look again")
            for one in people:
                del partition.people[one.key]
            for key in moved:
                del partition.moved[key]
            if people or moved:
                partition.chain.append(dict(said), actor=actor, now=now)
            await self._pause("ledger.erase done")

    async def in_state(
        self, states: Collection[State], *, due_before: datetime | None = None
    ) -> Sequence[Enrolment]:
        """Returns everybody in these states; with `due_before`, those `due` then or before."""
        await self._pause("ledger.in_state")
        return self._everybody(lambda one: one.state in states and _is_due(one, due_before))

    async def keys_in_state(self, states: Collection[State]) -> Sequence[AbstractSet[str]]:
        """Returns the keys of everybody in these states, whole partitions to a portion."""
        await self._pause("ledger.keys_in_state")
        portions: list[set[str]] = []
        for partition in self._storage.partitions.values():
            found = {key for key, one in partition.people.items() if one.state in states}
            if portions and found and len(portions[-1]) + len(found) <= self._people_at_once:
                portions[-1] |= found
            elif found:
                portions.append(found)
        return portions

    async def provisional(self) -> Sequence[Enrolment]:
        """Returns everybody enrolled under a provisional key that has not been adopted."""
        await self._pause("ledger.provisional")
        return list(self._storage.partitions[PROVISIONAL].people.values())

    async def in_wave(self, wave: str) -> Sequence[Enrolment]:
        """Returns everybody whom the wave of that name claims."""
        await self._pause("ledger.in_wave")
        return self._everybody(lambda one: wave_of(one) == wave)

    async def summaries(
        self, partitions: Sequence[str] = BUCKETS
    ) -> AsyncGenerator[Sequence[EnrolmentSummary]]:
        """Yields everybody who is remembered under an object id, up to 1,000 to a page."""
        for name in partitions:
            people = list(self._storage.partitions[name].people.values())
            for page in batched(people, _PAGE, strict=False):
                await self._pause("ledger.summaries")
                yield [EnrolmentSummary.of(one) for one in page]

    async def people_after(self, after: str | None, limit: int) -> PeoplePart:
        """Returns up to `limit` people, partition by partition, in the order of their keys."""
        await self._pause("ledger.people_after")
        begin = (bucket(after), after) if after else ("", "")
        places = sorted(
            (name, key) for name in BUCKETS for key in self._storage.partitions[name].people
        )
        part = [place for place in places if place > begin][:limit]
        people = [self._storage.partitions[name].people[key] for name, key in part]
        following = part[-1][1] if len(part) == limit else None
        return PeoplePart([NamedSummary.of(one) for one in people], following)

    async def told_of(self) -> AsyncGenerator[Sequence[Enrolment]]:
        """Yields everybody of whom an event was ever taken, up to 1,000 to a page."""
        for partition in self._storage.partitions.values():
            told = [one for one in partition.people.values() if one.event_time > NO_EVENT]
            for page in batched(told, _PAGE, strict=False):
                await self._pause("ledger.told_of")
                yield page

    async def totals(self) -> Totals:
        """Recounts the totals."""
        await self._pause("ledger.totals")
        people = self._everybody(lambda _: True)
        return Totals(
            by_state=Counter(one.state for one in people),
            by_reason=Counter((one.state, one.reason) for one in people),
            by_flag=Counter(one.flag for one in people if one.flag),
            refused_messages=self._receipts.count_refused(),
            by_wave=Counter(
                (wave, one.state, one.flag is not None)
                for one in people
                if (wave := wave_of(one)) is not None
            ),
            departed=sum(one.departed for one in self._storage.partitions.values()),
        )

    async def flagged(self, limit: int) -> Sequence[Enrolment]:
        """Returns up to `limit` people whom somebody has to look at."""
        await self._pause("ledger.flagged")
        return self._everybody(lambda one: one.flag is not None)[:limit]

    async def record_receipts(self, receipts: Collection[Receipt]) -> None:
        """Remembers what became of messages; a key that is known changes nothing.

        Except that a refusal gives way to what became of the same message later.
        """
        await self._pause("ledger.record_receipts")
        self._receipts.record(receipts)
        await self._pause("ledger.record_receipts done")

    async def receipt(self, key: str) -> Receipt | None:
        """Returns what became of the message with this key; None where nothing is known of it."""
        await self._pause("ledger.receipt")
        return self._storage.receipts.get(key)

    async def refused(self, limit: int) -> Sequence[Receipt]:
        """Returns the newest refused messages, with their bodies."""
        await self._pause("ledger.refused")
        return self._receipts.newest_refused(limit)

    async def _amend(
        self, partition: Partition, keys: set[str], decide: Decide, *, actor: str, now: datetime
    ) -> set[str]:
        """Amends those who are in the partition; returns the keys that are dealt with.

        Raises:
            LedgerConflict: others kept changing it.
        """
        settled: set[str] = set()
        for _ in range(_MOST_TRIES):
            version = partition.version
            there = keys - settled - partition.moved.keys()
            before = {key: partition.people.get(key) for key in sorted(there)}
            await self._pause("ledger.amend read")
            changes = _decided(before, decide)
            settled |= there - {change.key for change in changes}
            for batch in batched(changes, _TRANSACTION, strict=False):
                await self._pause("ledger.amend commit")
                if partition.version != version:
                    break
                _commit(partition, batch, actor=actor, now=now)
                settled |= {change.key for change in batch}
                version = partition.version
            if keys - partition.moved.keys() <= settled:
                return settled
        raise LedgerConflict("others kept changing the same rows")

    def _find(self, key: str) -> Enrolment | None:
        own_key = self._own_key(key)
        return self._storage.partitions[partition_of(own_key)].people.get(own_key)

    def _own_key(self, key: str) -> str:
        """Returns the key under which the person is remembered."""
        return self._storage.partitions[partition_of(key)].moved.get(key, key)

    def _by_person(self, keys: Collection[str]) -> dict[str, set[str]]:
        """Groups these keys by the person they lead to, under each person's own key."""
        asked: dict[str, set[str]] = {}
        for key in keys:
            asked.setdefault(self._own_key(key), set()).add(key)
        return asked

    def _everybody(self, wanted: Callable[[Enrolment], bool]) -> list[Enrolment]:
        partitions = self._storage.partitions.values()
        return [one for each in partitions for one in each.people.values() if wanted(one)]


def _decided(before: Mapping[str, Enrolment | None], decide: Decide) -> list[Amendment]:
    """Decides what is to be changed of these people."""
    changes: list[Amendment] = []
    for key, current in before.items():
        after = decide(key, current) or current
        if after and after.key != key:
            raise ValueError(f"key: {key} cannot become {after.key}; that is for adopt()")
        if after != current:
            changes.append(Amendment(key=key, before=current, after=after))
    return changes


def _commit(
    partition: Partition, changes: Sequence[Amendment], *, actor: str, now: datetime
) -> None:
    """Commits the changes in one transaction, with its audit record."""
    said = {"changes": [entry_of(change) for change in changes]}
    partition.chain.append(said, actor=actor, now=now)
    for change in changes:
        partition.departed += change.departs
        if change.after:
            partition.people[change.key] = change.after
        else:
            partition.people.pop(change.key, None)
        if change.moved_to:
            partition.moved[change.key] = change.moved_to


def _is_due(enrolment: Enrolment, before: datetime | None) -> bool:
    return before is None or (enrolment.due is not None and enrolment.due <= before)
