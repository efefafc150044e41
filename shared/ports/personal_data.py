"""What is kept of one person, in whatever row it stands; and what each kind of row is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

from shared.domain.person.erasure import Subject
from shared.domain.person.mentions import Names

MOST_RECORDS = 1_000
"""That are told of one place; more name whoever works with the product, such as an operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRecord:
    """One row that names the person."""

    kind: str
    """One of `KINDS`."""
    table: str
    key: str
    """Where in the table it stands."""
    content: Mapping[str, Any]
    """Its columns, as plain JSON values."""


KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "person": "where the person stands, with every step, cause, exclusion and method",
        "state": "index of people by state",
        "flag": "index of people whom somebody has to look at",
        "wave": "index of people by wave",
        "moved": "where a name leads that the person had before they were in Entra",
        "head": "totals of a part of the ledger, and the end of its audit",
        "audit": "a record of the audit: what one transaction changed, of whom, by whom and why",
        "receipt": "what became of an event or another message; of a refused one all of it",
        "refused": "index of refused messages",
        "held": "an event that a brake holds until an operator decides",
        "held-key": "index of held events",
        "admitted": "whom a brake has counted within its time, by digests",
        "preflight": "what the worker found about the person's account in Active Directory",
        "question": "whom a check asked the worker about",
        "plan": "a plan as it was shown, with its document",
        "page": "a part of a plan's people",
        "operation": "what an operator asked for, and what came of it",
        "document": "a version of the rollout document; it may name people",
        "rollout": "the rollout as it stands",
        "lease": "who is expanding a wave at the moment",
        "evaluation": "one check of the gates, in numbers",
        "undecided": "the newest check of the gates that decided nothing",
        "watch": "what was wrong with the set-up when it was looked at last",
        "scope-doubt": "which group was missing when it was looked at last",
        "reconciliation": "when the ledger was last compared with Entra, in numbers",
        "writing": "whether everything that writes goes on, and who stopped it",
        "hour": "how many people were written within an hour",
        "mark": "which version wrote the ledger last",
        "door-key": "the key by which events of the HR addresses are known; it names nobody",
        "worker": "what a worker said of itself last",
        "source": "when an HR system has sent last",
        "sight": "what is known of whom SSPR is switched on for",
        "shares": "what the newest whole reading of the registration report showed, in numbers",
        "move-look": "what the newest check showed of an adoption; it names some people",
        "look": "when accounts, and the set-up, were looked at last, and what was found then",
        "reading": "how far the registration report was read",
        "scim-user": "a user as a SCIM connector has written them, with their names",
        "scim-key": "index of a SCIM connector's users, by digests",
    }
)
"""Every kind of row there is, and what it is. What is no kind here is refused, not left out."""

ERASABLE: Final = frozenset(
    {
        "receipt",
        "held",
        "preflight",
        "question",
        "page",
        "operation",
        "move-look",
        "scim-user",
    }
)
"""Kinds of rows that are erased one by one, each with its index."""


class PersonalData(Protocol):
    """All that is kept in one ledger, looked through for one person, place by place."""

    @property
    def places(self) -> Sequence[str]:
        """The places, in an order that stays."""

    async def find(
        self, place: str, names: Names, kinds: Collection[str] | None = None
    ) -> Sequence[KeptRecord]:
        """Returns the rows of a place that name the person, at most one more than is told.

        With kinds, those of these kinds alone.

        Raises:
            UnreadableRow: a row is of no kind that is known.
        """

    async def erase(self, record: KeptRecord, subject: Subject) -> None:
        """Erases the row with its index, or writes it again without the person; twice is as once.

        Of these kinds: `ERASABLE`. The ledger erases people.

        Raises:
            LedgerConflict: somebody else changed the row meanwhile.
        """
