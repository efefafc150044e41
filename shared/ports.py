"""What the use cases need from the world, as narrow protocols; the adapters provide it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.contracts.directory_command import DirectoryCommand
from shared.contracts.scope_change import ScopeChange
from shared.domain.answers import Answer
from shared.domain.enrolment import Enrolment, State
from shared.domain.people import Identifier, Memberships, Person, Registration
from shared.domain.policy import Policy
from shared.domain.reasons import Reason


class Directory(Protocol):
    """Entra, read through Graph. Every call takes a batch and may take seconds."""

    async def find_people(
        self, identifiers: Collection[Identifier]
    ) -> Mapping[Identifier, tuple[Person, ...]]:
        """Everybody each identifier points at; an identifier of nobody maps to `()`."""

    async def find_by_source_anchor(self, anchors: Collection[str]) -> Mapping[str, Person]:
        """Synced people by `onPremisesImmutableId`; those not in Entra are left out."""

    async def memberships(self, object_ids: Collection[str]) -> Mapping[str, Memberships]:
        """Groups and roles, direct or through others; an id of nobody is left out."""

    async def scope_member_ids(self) -> frozenset[str]:
        """Everybody in the scope group, direct or nested, by listing it."""

    async def registrations(self) -> Mapping[str, Registration]:
        """The whole registration report by object id; it lags by up to hours."""


class CloudScope(Protocol):
    """The cloud scope group, written through Graph; this is its only writer."""

    async def add(self, object_ids: Collection[str]) -> Mapping[str, Answer]:
        """Put people in, 20 to a PATCH; one answer each."""

    async def remove(self, object_ids: Collection[str]) -> Mapping[str, Answer]:
        """Take people out; one answer each."""


class Outbox(Protocol):
    """The queues this side sends to. A message sent twice with one key is delivered once."""

    async def send_onboarding(self, bodies: Sequence[tuple[str, bytes]]) -> None:
        """Onboarding events as they are, each with its key."""

    async def send_scope_changes(self, changes: Sequence[ScopeChange]) -> None:
        """Keys of people whose membership is to be written."""

    async def send_commands(self, commands: Sequence[DirectoryCommand]) -> None:
        """Commands to the hybrid worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one message: whom it concerned, or why it was refused.

    `body` is kept of refused messages only, so that nothing is lost.
    """

    key: str
    queue: str
    at: datetime
    outcome: Reason
    person_key: str | None = None
    field: str | None = None
    detail: str = ""
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """How many people are in each state, for which reason, and how many are flagged."""

    by_state: Mapping[State, int]
    by_reason: Mapping[tuple[State, Reason], int]
    by_flag: Mapping[Reason, int]
    refused_messages: int


class Ledger(Protocol):
    """What is remembered of everybody, and the audit of every change, in one place.

    A change of a person, its index entry, the totals and the audit record are one transaction.
    """

    async def load(self, keys: Collection[str]) -> Mapping[str, Enrolment]:
        """The enrolments under these keys; unknown keys are left out.

        A provisional key whose person has arrived in Entra leads to the enrolment they have now
        (whose `key` then differs from the key asked for).
        """

    async def amend(
        self,
        keys: Collection[str],
        decide: Callable[[str, Enrolment | None], Enrolment | None],
        *,
        actor: str,
        now: datetime,
    ) -> Mapping[str, Enrolment]:
        """Load, decide and store, guarded against others who change the same rows.

        `decide` is pure and may be called again with fresher rows; what it returns unchanged is
        not written, and None means that there is nothing to remember. Answers with everybody's
        enrolment after the change, by the key asked for.

        Raises:
            LedgerConflict: others kept changing the same rows.
        """

    async def adopt(
        self, provisional_key: str, arrived: Enrolment, *, actor: str, now: datetime
    ) -> Enrolment:
        """Move a provisional enrolment to the object id; the old key leads to the new one."""

    async def in_state(
        self, states: Collection[State], *, due_before: datetime | None = None
    ) -> Sequence[Enrolment]:
        """Everybody in these states; with `due_before`, those whose `due` has come."""

    async def provisional(self) -> Sequence[Enrolment]:
        """Everybody enrolled who was not in Entra when last looked for."""

    async def totals(self) -> Totals:
        """The totals, without reading every person."""

    async def flagged(self, limit: int) -> Sequence[Enrolment]:
        """Up to `limit` people whom somebody has to look at."""

    async def record_receipts(self, receipts: Collection[Receipt]) -> None:
        """Remember what became of messages; recording one again changes nothing."""

    async def receipt(self, key: str) -> Receipt | None:
        """What became of the message with this key."""

    async def refused(self, limit: int) -> Sequence[Receipt]:
        """The newest refused messages, with their bodies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything a use case may reach, and the rules it keeps."""

    directory: Directory
    cloud_scope: CloudScope
    ledger: Ledger
    outbox: Outbox
    policy: Policy
    command_lifetime: timedelta
