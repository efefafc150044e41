"""Events that a brake holds until an operator decides, and the counts that it goes by."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from shared.contracts.messages.onboarding_event import Envelope
from shared.domain.person.brake import Direction, Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldEvent:
    """The newest event that asks the same for a person, as it was on the queue."""

    brake: str
    direction: Direction
    person_key: str
    event_key: str
    held_at: datetime
    occurred_at: datetime
    body: str
    """The event as JSON."""
    sequence_number: int | None = None
    enqueued_at: datetime | None = None
    index: int | None = None
    is_let_through: bool = False
    """Whether an operator has put it on the queue again; it is forgotten once it was taken."""

    @property
    def place(self) -> str:
        """Where it stands among all that are held; pages go on behind it."""
        return place_of(self.brake, self.direction, self.person_key)

    @property
    def envelope(self) -> Envelope:
        """Its first place in the queue, by which a plain event is known."""
        return Envelope(self.sequence_number, self.enqueued_at, self.index)


def place_of(brake: str, direction: Direction, person_key: str) -> str:
    """Returns where the event of a person stands; names of people are no part of it."""
    return f"{brake}|{direction}|{sha256(person_key.encode()).hexdigest()[:32]}"


class HeldEvents(Protocol):
    """What brakes hold and count; for all copies and instances of the app the same."""

    async def admit(
        self, brake: str, direction: Direction, people: Sequence[str], rate: Rate, now: datetime
    ) -> AbstractSet[str]:
        """Returns those of the people who are within the rate, and counts them.

        In order; whoever was counted within the time is not counted again. However many ask at
        once, no more than the rate's are admitted in any such time.

        Raises:
            LedgerConflict: others kept counting.
        """

    async def find(
        self, brake: str, direction: Direction, people: Collection[str]
    ) -> Sequence[HeldEvent]:
        """Returns what is held of these people."""

    async def of_events(self, event_keys: Collection[str]) -> Sequence[HeldEvent]:
        """Returns what is held under these events' keys, in their order."""

    async def keep(self, events: Collection[HeldEvent]) -> None:
        """Holds the events, each in the place of what was held of the same person.

        Raises:
            InvalidMessage: one is larger than the ledger takes.
        """

    async def forget(self, events: Collection[HeldEvent]) -> None:
        """Forgets the events; what is held in their places by now stays."""

    async def page(self, after: str, limit: int) -> Sequence[HeldEvent]:
        """Returns up to `limit` events behind that place, in their order; from the first for ""."""

    async def count(self) -> int:
        """Returns how many are held."""
