"""The rollout as it is stored, with its documents and evaluations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.domain.person.reasons import Reason
from shared.domain.rollout.gate import Evaluation
from shared.domain.rollout.scope_groups import ScopeDoubt
from shared.domain.rollout.scope_move import MoveLook
from shared.domain.rollout.state import Lease, Rollout
from shared.domain.rollout.watch import Watch


@dataclass(frozen=True, slots=True)
class StoredRollout:
    """The rollout as it was read; whoever replaces it proves that nobody else has since."""

    rollout: Rollout
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What the last look at everybody found and did; ids are cut off after the first few."""

    at: datetime
    listed: int
    eligible: int
    kept: int
    added: int
    removed: int
    removed_by_hand: Sequence[str]
    added_by_hand: Sequence[str]
    repaired: int
    skips: Mapping[Reason, int]
    problem: str = ""
    no_longer_members: Sequence[str] = field(default_factory=list)
    """In the group before the rollout, and gone."""
    former_group: Sequence[str] = field(default_factory=list)
    """Seen in the group of before, and not yet in the one in its place."""


class Rollouts(Protocol):
    """The one rollout of this scope group, with its documents and what gates said."""

    async def current(self) -> StoredRollout | None:
        """Returns the rollout, or None before the first document was applied."""

    async def replace(
        self, stored: StoredRollout | None, rollout: Rollout, *, action: str, now: datetime
    ) -> StoredRollout:
        """Puts the rollout in the place of the one that was read, with an audit record.

        Actor and reason are the rollout's own.

        Raises:
            LedgerConflict: somebody else has changed it since it was read.
        """

    async def renew(self, stored: StoredRollout, lease: Lease | None) -> StoredRollout:
        """Takes, keeps or gives back the lease, without an audit record.

        Raises:
            LedgerConflict: somebody else has changed the rollout since it was read.
        """

    async def keep_document(self, version: int, text: str, *, actor: str, now: datetime) -> None:
        """Keeps a version of the document as the operator wrote it."""

    async def document_text(self, version: int) -> str | None:
        """Returns a version of the document as the operator wrote it, or None if there is none."""

    async def keep_evaluation(self, evaluation: Evaluation) -> None:
        """Keeps a look at the gates; the newest without a decision replaces the one before."""

    async def evaluations(self, limit: int) -> Sequence[Evaluation]:
        """Returns up to `limit` of the newest looks at the gates, newest first."""

    async def keep_watch(self, watch: Watch) -> None:
        """Keeps the newest look at the conditions that are watched in every phase."""

    async def watch(self) -> Watch | None:
        """Returns the newest look at the conditions, or None if nobody has looked yet."""

    async def keep_move_look(self, look: MoveLook) -> None:
        """Keeps the newest look at who the scope's move is about."""

    async def move_look(self) -> MoveLook | None:
        """Returns the newest look at the move, or None if nobody has looked yet."""

    async def keep_scope_doubt(self, doubt: ScopeDoubt) -> None:
        """Keeps what the newest look at the scope groups found."""

    async def scope_doubt(self) -> ScopeDoubt | None:
        """Returns what the newest look at the scope groups found, or None if nobody has looked."""

    async def keep_reconciliation(self, reconciliation: Reconciliation) -> None:
        """Keeps what the last look at everybody found."""

    async def reconciliation(self) -> Reconciliation | None:
        """Returns what the last look at everybody found, or None if nobody has looked yet."""
