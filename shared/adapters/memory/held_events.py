"""The port `HeldEvents`, in memory."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from shared.adapters.memory.as_json import AsJson
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.person.admission import Admitted
from shared.domain.person.brake import Direction, Rate
from shared.ports.held_events import HeldEvent, place_of

_EVENT = AsJson(HeldEvent, "Event")
_NOBODY = Admitted({})


class MemoryHeldEvents:
    """What brakes hold and count."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def admit(
        self, brake: str, direction: Direction, people: Sequence[str], rate: Rate, now: datetime
    ) -> AbstractSet[str]:
        """Returns those of the people who are within the rate, and counts them."""
        await self._pause("held_events.admit")
        counts = self._storage.admitted
        before = counts.get((brake, direction), _NOBODY)
        counts[brake, direction], admitted = before.admitting(people, rate, now)
        await self._pause("held_events.admit done")
        return admitted

    async def find(
        self, brake: str, direction: Direction, people: Collection[str]
    ) -> Sequence[HeldEvent]:
        """Returns what is held of these people."""
        await self._pause("held_events.find")
        places = sorted({place_of(brake, direction, person) for person in people})
        texts = [self._storage.held.get(place) for place in places]
        return [_EVENT.read(text) for text in texts if text is not None]

    async def of_events(self, event_keys: Collection[str]) -> Sequence[HeldEvent]:
        """Returns what is held under these events' keys, in their order."""
        await self._pause("held_events.of_events")
        held = {one.event_key: one for one in self._all()}
        return [held[key] for key in dict.fromkeys(event_keys) if key in held]

    async def keep(self, events: Collection[HeldEvent]) -> None:
        """Holds the events, each in the place of what was held of the same person.

        Raises:
            InvalidMessage: one is larger than the ledger takes.
        """
        await self._pause("held_events.keep")
        self._storage.held.update({one.place: _EVENT.of(one) for one in events})
        await self._pause("held_events.keep done")

    async def forget(self, events: Collection[HeldEvent]) -> None:
        """Forgets the events; what is held in their places by now stays."""
        await self._pause("held_events.forget")
        for one in events:
            text = self._storage.held.get(one.place)
            if text is not None and _EVENT.read(text).event_key == one.event_key:
                del self._storage.held[one.place]
        await self._pause("held_events.forget done")

    async def page(self, after: str, limit: int) -> Sequence[HeldEvent]:
        """Returns up to `limit` events behind that place, in their order; from the first for ""."""
        await self._pause("held_events.page")
        return [one for one in self._all() if one.place > after][:limit]

    async def count(self) -> int:
        """Returns how many are held."""
        await self._pause("held_events.count")
        return len(self._storage.held)

    def _all(self) -> list[HeldEvent]:
        return [_EVENT.read(text) for _, text in sorted(self._storage.held.items())]
