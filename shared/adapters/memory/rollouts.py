"""The port `Rollouts`, in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from shared.adapters.memory.as_json import AsJson
from shared.adapters.memory.storage import KeptRollout, Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.errors import LedgerConflict
from shared.domain.rollout.audit_entry import entry_of
from shared.domain.rollout.gate import Evaluation
from shared.domain.rollout.scope_groups import ScopeDoubt
from shared.domain.rollout.scope_move import MoveLook
from shared.domain.rollout.state import Lease, Rollout
from shared.domain.rollout.watch import Watch
from shared.ports.limits import refuse_too_large
from shared.ports.rollouts import Reconciliation, StoredRollout

_ROLLOUT = AsJson(Rollout, "Rollout")
_EVALUATION = AsJson(Evaluation, "Evaluation")
_WATCH = AsJson(Watch, "Watch")
_SCOPE_DOUBT = AsJson(ScopeDoubt, "ScopeDoubt")
_MOVE_LOOK = AsJson(MoveLook, "MoveLook")
_RECONCILIATION = AsJson(Reconciliation, "Reconciliation")


class MemoryRollouts:
    """The one rollout, and what belongs to it."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def current(self) -> StoredRollout | None:
        """Returns the rollout; None before the first document was applied."""
        await self._pause("rollouts.current")
        kept = self._storage.rollout
        if kept is None:
            return None
        return StoredRollout(replace(_ROLLOUT.read(kept.text), lease=kept.lease), kept.etag)

    async def replace(
        self, stored: StoredRollout | None, rollout: Rollout, *, action: str, now: datetime
    ) -> StoredRollout:
        """Puts the rollout in the place of what was read, with an audit record.

        Raises:
            LedgerConflict: somebody else has changed it since it was read.
            InvalidMessage: the document names more people than the ledger takes.
        """
        await self._pause("rollouts.replace")
        text = _ROLLOUT.of(replace(rollout, lease=None))
        etag = self._next_etag(stored)
        self._storage.rollout = KeptRollout(text, rollout.lease, etag)
        said = entry_of(stored.rollout if stored else None, rollout, action)
        self._storage.rollout_chain.append(said, actor=rollout.actor, now=now)
        await self._pause("rollouts.replace done")
        return StoredRollout(rollout, etag)

    async def renew(self, stored: StoredRollout, lease: Lease | None) -> StoredRollout:
        """Takes, keeps or gives back the lease; it leaves no audit record.

        Raises:
            LedgerConflict: somebody else has changed the rollout since it was read.
        """
        await self._pause("rollouts.renew")
        etag = self._next_etag(stored)
        if self._storage.rollout:
            self._storage.rollout = KeptRollout(self._storage.rollout.text, lease, etag)
        await self._pause("rollouts.renew done")
        return StoredRollout(replace(stored.rollout, lease=lease), etag)

    async def keep_document(self, version: int, text: str, *, actor: str, now: datetime) -> None:  # noqa: ARG002  # who and when is kept for people who look at the tables
        """Keeps a version of the document as the operator wrote it; the last to keep it wins.

        Raises:
            InvalidMessage: it is larger than the ledger takes.
        """
        await self._pause("rollouts.keep_document")
        refuse_too_large(text, "document")
        self._storage.documents[version] = text
        await self._pause("rollouts.keep_document done")

    async def document_text(self, version: int) -> str | None:
        """Returns a version of the document as the operator wrote it; None where it is not kept."""
        await self._pause("rollouts.document_text")
        return self._storage.documents.get(version)

    async def keep_evaluation(self, evaluation: Evaluation) -> None:
        """Keeps a look at the gates; a look without a decision replaces the last such look."""
        await self._pause("rollouts.keep_evaluation")
        slot = evaluation.at if evaluation.decision else None
        self._storage.evaluations[slot] = _EVALUATION.of(evaluation)
        await self._pause("rollouts.keep_evaluation done")

    async def evaluations(self, limit: int) -> Sequence[Evaluation]:
        """Returns the newest looks at the gates, newest first."""
        await self._pause("rollouts.evaluations")
        found = [_EVALUATION.read(text) for text in self._storage.evaluations.values()]
        return sorted(found, key=lambda evaluation: evaluation.at, reverse=True)[:limit]

    async def keep_watch(self, watch: Watch) -> None:
        """Keeps the newest look at the conditions that are watched in every phase."""
        await self._pause("rollouts.keep_watch")
        self._storage.watch = _WATCH.of(watch)
        await self._pause("rollouts.keep_watch done")

    async def watch(self) -> Watch | None:
        """Returns the newest look at the conditions; None before the first."""
        await self._pause("rollouts.watch")
        text = self._storage.watch
        return None if text is None else _WATCH.read(text)

    async def keep_move_look(self, look: MoveLook) -> None:
        """Keeps the newest look at who the scope's move is about."""
        await self._pause("rollouts.keep_move_look")
        self._storage.move_look = _MOVE_LOOK.of(look)
        await self._pause("rollouts.keep_move_look done")

    async def move_look(self) -> MoveLook | None:
        """Returns the newest look at the move; None before the first."""
        await self._pause("rollouts.move_look")
        text = self._storage.move_look
        return None if text is None else _MOVE_LOOK.read(text)

    async def keep_scope_doubt(self, doubt: ScopeDoubt) -> None:
        """Keeps what the newest look at the scope groups found."""
        await self._pause("rollouts.keep_scope_doubt")
        self._storage.scope_doubt = _SCOPE_DOUBT.of(doubt)
        await self._pause("rollouts.keep_scope_doubt done")

    async def scope_doubt(self) -> ScopeDoubt | None:
        """Returns what the newest look at the scope groups found; None before the first."""
        await self._pause("rollouts.scope_doubt")
        text = self._storage.scope_doubt
        return None if text is None else _SCOPE_DOUBT.read(text)

    async def keep_reconciliation(self, reconciliation: Reconciliation) -> None:
        """Keeps what the last look at everybody found."""
        await self._pause("rollouts.keep_reconciliation")
        self._storage.reconciliation = _RECONCILIATION.of(reconciliation)
        await self._pause("rollouts.keep_reconciliation done")

    async def reconciliation(self) -> Reconciliation | None:
        """Returns what the last look at everybody found; None before the first."""
        await self._pause("rollouts.reconciliation")
        text = self._storage.reconciliation
        return None if text is None else _RECONCILIATION.read(text)

    def _next_etag(self, stored: StoredRollout | None) -> str:
        """Returns the ETag after this change of what was read.

        Raises:
            LedgerConflict: something else is there now.
        """
        kept = self._storage.rollout
        if (kept.etag if kept else None) != (stored.etag if stored else None):
            raise LedgerConflict("the rollout has changed since it was read")
        return str(int(kept.etag) + 1) if kept else "1"
