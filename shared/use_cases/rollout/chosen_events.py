"""Which events an operator means: by their keys, their people, their source and their time."""

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from shared.contracts.api.operator_requests import Forget
from shared.domain.person.brake import OF_SOURCES
from shared.domain.person.enrolment import EventRecord
from shared.domain.person.forgetting_events import Choose, events_of
from shared.ports.held_events import HeldEvent
from shared.ports.world import World
from shared.use_cases.named_people import find_named

_AT_ONCE = 20
"""Receipts that are looked up at the same time."""
_PAGE = 100
_TICK = timedelta(microseconds=1)
"""An end is not part of the time before it, and what came just then is."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What an event has to be beside being named."""

    source: str | None
    since: datetime | None
    until: datetime

    def fits(self, source: str, taken_at: datetime) -> bool:
        """Tells whether an event of that source that was taken then is meant."""
        if self.source is not None and source.removeprefix(OF_SOURCES) != self._name:
            return False
        return (self.since is None or self.since <= taken_at) and taken_at < self.until

    @property
    def _name(self) -> str:
        return (self.source or "").removeprefix(OF_SOURCES)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The events that are meant, by the people whom they are about."""

    people: Mapping[str, frozenset[str] | None]
    """By the person's key: the events that are meant; None for all that the filter lets pass."""
    filter: Filter
    held: int
    unknown: Sequence[str]

    def of(self, key: str) -> Choose:
        """Returns which events of this person are meant."""
        keys = self.people[key]

        def chooses(record: EventRecord) -> bool:
            is_named = keys is None or record.key in keys
            return is_named and self.filter.fits(record.source, record.taken_at)

        return chooses


async def choose(order: Forget, world: World, asked_at: datetime) -> Chosen:
    """Finds whom the events are about.

    Args:
        order: Which events are meant.
        world: Where.
        asked_at: When it was asked for. Where no end is said it is the end: what came after that
            was shown to nobody, though it is done later.

    Raises:
        DirectoryUnavailable: people were named, and Graph could not be asked who they are.
    """
    wanted = Filter(order.source, order.since, order.until or asked_at + _TICK)
    people: dict[str, frozenset[str] | None] = {}
    unknown: list[str] = []
    if order.keys or order.people:
        by_event = await _by_event(order.keys, world)
        unknown += [key for key in order.keys if key not in by_event]
        for key, person in by_event.items():
            people[person] = (people.get(person) or frozenset()) | {key}
        named = await find_named(order.people, world)
        people |= {one.key: None for found in named.values() for one in found.known}
        unknown += [name for name, found in named.items() if not found.known]
    else:
        async for page in world.ledger.told_of():
            for one in page:
                if any(wanted.fits(event.source, event.taken_at) for event in events_of(one)):
                    people[one.key] = None
    held = await _held(order, wanted, people, world)
    return Chosen(people, wanted, held, unknown)


async def _by_event(keys: Sequence[str], world: World) -> Mapping[str, str]:
    """Returns whom each event is about, by the event's key; those that nobody took are left out."""
    about: dict[str, str] = {}
    for some in batched(dict.fromkeys(keys), _AT_ONCE, strict=False):
        found = await asyncio.gather(*map(world.ledger.receipt, some))
        about |= {one.key: one.person_key for one in found if one and one.person_key}
    # Whoever has arrived in Entra since is remembered under another key.
    known = await world.ledger.load(set(about.values()))
    return {key: known[person].key for key, person in about.items() if person in known}


async def _held(order: Forget, wanted: Filter, people: Collection[str], world: World) -> int:
    """Counts the events that are meant and that a brake holds: they are not taken yet."""
    names_any = bool(order.keys or order.people)
    count, page = 0, await world.held_events.page("", _PAGE)
    while page:
        count += sum(
            _is_meant(one, order.keys, people, names_any=names_any)
            and wanted.fits(_source_of(one), one.held_at)
            for one in page
        )
        page = await world.held_events.page(page[-1].place, _PAGE)
    return count


def _source_of(held: HeldEvent) -> str:
    source = json.loads(held.body).get("source")
    return source if isinstance(source, str) else ""


def _is_meant(
    held: HeldEvent, keys: Collection[str], people: Collection[str], *, names_any: bool
) -> bool:
    return not names_any or held.event_key in keys or held.person_key in people
