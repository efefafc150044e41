"""What is remembered of people and of messages."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from shared.domain.person.amendment import Decide, Join
from shared.domain.person.enrolment import Enrolment, State
from shared.domain.person.partitions import BUCKETS
from shared.domain.person.reasons import Reason
from shared.domain.person.summary import EnrolmentSummary, NamedSummary
from shared.domain.person.verification import joined
from shared.ports.limits import bounded


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one message: whom it concerned, or why it was refused.

    `body` is kept of refused messages only, so that nothing is lost.

    Every text is bounded here, and here alone, to what a row can hold: whatever a message says, and
    wherever in a refusal it is repeated, recording it cannot fail of it. What is cut ends with the
    length and the SHA-256 of the whole.
    """

    key: str
    queue: str
    at: datetime
    outcome: Reason
    person_key: str | None = None
    field: str | None = None
    detail: str = ""
    body: str | None = None
    said_at: datetime | None = None
    """Of a refused message when it was first put on its queue; None where that is not known."""

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            text = getattr(self, name)
            if text is not None:
                object.__setattr__(self, name, bounded(text, most))


MOST_OF_A_BODY = 400_000
"""Units of UTF-16: most of a row, and any message of the Standard tier (256 KB) in base64."""
_MOST: Mapping[str, int] = {
    "key": 250,
    "queue": 250,
    "person_key": 500,
    "field": 250,
    "detail": 2_000,
    "body": MOST_OF_A_BODY,
}
"""Units of UTF-16. With its names and the index it is less than the mebibyte that a row holds."""


@dataclass(frozen=True, slots=True)
class Totals:
    """How many people are in each state, for which reason, and how many are flagged."""

    by_state: Mapping[State, int]
    by_reason: Mapping[tuple[State, Reason], int]
    by_flag: Mapping[Reason, int]
    refused_messages: int
    by_wave: Mapping[tuple[str, State, bool], int]
    """Those whom a wave claims, by its name and their state, and whether they are flagged."""
    departed: int = field(default=0, compare=False)
    """How often somebody has gone out, or begun to. It only grows: whoever comes in again does not
    make up for another who went out. No recount tells it, so that it says nothing of equality."""


@dataclass(frozen=True, slots=True)
class PeoplePart:
    """A part of everybody who is remembered, and where the next one begins."""

    people: Sequence[NamedSummary]
    after: str | None
    """The object id after which the next part begins; None: nobody comes after these."""


class Ledger(Protocol):
    """What is remembered of everybody, and the audit of every change, in one place.

    A change of a person, its index entry, the totals and the audit record are one transaction.
    """

    async def load(self, keys: Collection[str]) -> Mapping[str, Enrolment]:
        """Loads the enrolments under these keys; unknown keys are left out.

        A provisional key whose person has arrived in Entra leads to the enrolment they have now
        (whose `key` then differs from the key asked for).
        """

    async def amend(
        self,
        keys: Collection[str],
        decide: Decide,
        *,
        actor: str,
        now: datetime,
    ) -> Mapping[str, Enrolment]:
        """Loads, decides and stores, guarded against others who change the same rows.

        `decide` is pure and may be called again with fresher rows; what it returns unchanged is not
        written, and None means that there is nothing to remember. The answer is everybody's
        enrolment after the change, by the key asked for.

        Raises:
            LedgerConflict: others kept changing the same rows.
        """

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

        Whoever is enrolled under the object id already is joined with them, as `join` says.
        """

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

        A key that leads elsewhere is not followed. The audit has `said` in the same transaction,
        for each partition in which anything was.

        Raises:
            WorldChanged: somebody is there who may not go; nothing of that partition is erased.
            LedgerConflict: others kept changing the same partition.
        """

    async def in_state(
        self, states: Collection[State], *, due_before: datetime | None = None
    ) -> Sequence[Enrolment]:
        """Returns everybody in these states; with `due_before`, only those due then or before."""

    async def keys_in_state(self, states: Collection[State]) -> Sequence[AbstractSet[str]]:
        """Returns the keys of everybody in these states, in portions whose rows fit into memory."""

    async def provisional(self) -> Sequence[Enrolment]:
        """Returns everybody enrolled who was not in Entra when last looked for."""

    async def in_wave(self, wave: str) -> Sequence[Enrolment]:
        """Returns everybody whom the wave of that name claims."""

    def summaries(
        self, partitions: Sequence[str] = BUCKETS
    ) -> AsyncGenerator[Sequence[EnrolmentSummary]]:
        """Yields everybody remembered under an object id, without their histories, by the page.

        With some of the partitions, those in these.
        """

    async def people_after(self, after: str | None, limit: int) -> PeoplePart:
        """Returns up to `limit` people remembered under an object id, without their histories.

        They come in one order, whoever is asked and whenever: with the object id that a part ends
        with, who is remembered all the time is in exactly one part. None begins at the beginning.
        """

    def told_of(self) -> AsyncGenerator[Sequence[Enrolment]]:
        """Yields everybody of whom an event was ever taken, with their histories, by the page."""

    async def totals(self) -> Totals:
        """Returns the totals, without reading every person."""

    async def flagged(self, limit: int) -> Sequence[Enrolment]:
        """Returns up to `limit` people whom somebody has to look at."""

    async def record_receipts(self, receipts: Collection[Receipt]) -> None:
        """Remembers what became of messages; recording a receipt again changes nothing."""

    async def receipt(self, key: str) -> Receipt | None:
        """Returns what became of the message with this key, or None if nothing is known of it."""

    async def refused(self, limit: int) -> Sequence[Receipt]:
        """Returns up to `limit` of the newest refused messages, with their bodies."""
