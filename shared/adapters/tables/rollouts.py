"""The `Rollouts` port on Azure Tables: one partition with all there is of the rollout."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from shared.adapters.tables.audit import END_COLUMNS, creation_of, end_of
from shared.adapters.tables.json_columns import JsonColumns
from shared.adapters.tables.keys import HEAD, RowKind, countdown, row_key, rows_of
from shared.adapters.tables.long_text import gathered, spread
from shared.adapters.tables.table import Row, Table, Verb, Write, etag_of
from shared.domain.audit import record_after
from shared.domain.person.partitions import ROLLOUT
from shared.domain.rollout.audit_entry import entry_of
from shared.domain.rollout.gate import Evaluation
from shared.domain.rollout.scope_groups import ScopeDoubt
from shared.domain.rollout.scope_move import MoveLook
from shared.domain.rollout.state import Lease, Rollout
from shared.domain.rollout.watch import Watch
from shared.ports.limits import refuse_too_large
from shared.ports.rollouts import Reconciliation, StoredRollout

_ROLLOUT = JsonColumns(
    Rollout,
    "Rollout",
    added={
        "document": {"excluded_kinds": [], "external_members": False},
        "": {"move": None, "members_remembered": True},
    },
)
_LEASE = TypeAdapter[Lease | None](Lease | None)
_EVALUATION = JsonColumns(Evaluation, "Evaluation")
_RECONCILIATION = JsonColumns(
    Reconciliation,
    "Reconciliation",
    added={"": {"no_longer_members": [], "former_group": []}},
)
_WATCH = JsonColumns(Watch, "Watch")
_SCOPE_DOUBT = JsonColumns(ScopeDoubt, "ScopeDoubt")
_MOVE_LOOK = JsonColumns(MoveLook, "MoveLook", added={"": {"of": None, "aim": "", "departed": 0}})
_WATCH_ROW = "watch"
_MOVE_LOOK_ROW = "move-look"
_SCOPE_DOUBT_ROW = "scope-doubt"
_UNDECIDED_ROW = "undecided"
_RECONCILIATION_ROW = "reconciliation"


class TableRollouts:
    """The rollout in one row that also tells where its audit ends, and what belongs to it.

    The lease has a column of its own: it is renewed without writing anything else.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    async def current(self) -> StoredRollout | None:
        """Returns the rollout; None before the first document was applied."""
        row = await self._table.get(ROLLOUT, HEAD)
        return StoredRollout(_rollout_of(row), etag_of(row)) if row else None

    async def replace(
        self, stored: StoredRollout | None, rollout: Rollout, *, action: str, now: datetime
    ) -> StoredRollout:
        """Puts the rollout in the place of what was read, with an audit record.

        Raises:
            LedgerConflict: somebody else has changed it since it was read.
            InvalidMessage: the document names more people than a row can hold.
        """
        end = end_of(ROLLOUT, await self._table.get(ROLLOUT, HEAD, select=END_COLUMNS))
        before = stored.rollout if stored else None
        said = entry_of(before, rollout, action)
        record = record_after(end, said, actor=rollout.actor, now=now)
        row = {
            **_place(HEAD),
            **_columns_of(rollout),
            "Number": record.number,
            "Digest": record.digest,
        }
        write = Write(Verb.REPLACE, row, stored.etag) if stored else Write(Verb.CREATE, row)
        etag, _ = await self._table.submit([write, creation_of(record)])
        return StoredRollout(rollout, etag)

    async def renew(self, stored: StoredRollout, lease: Lease | None) -> StoredRollout:
        """Takes, keeps or gives back the lease; it leaves no audit record.

        Raises:
            LedgerConflict: somebody else has changed the rollout since it was read.
        """
        row = {**_place(HEAD), "Lease": _lease_text(lease)}
        [etag] = await self._table.submit([Write(Verb.MERGE, row, stored.etag)])
        return StoredRollout(replace(stored.rollout, lease=lease), etag)

    async def keep_document(self, version: int, text: str, *, actor: str, now: datetime) -> None:
        """Keeps a version of the document as the operator wrote it; the last to keep it wins.

        Raises:
            InvalidMessage: a row cannot hold as much.
        """
        refuse_too_large(text, "document")
        columns = spread("Text", text)
        await self._put(_document_row(version), {**columns, "Actor": actor, "At": now})

    async def document_text(self, version: int) -> str | None:
        """Returns a version of the document as the operator wrote it; None where it is not kept."""
        row = await self._table.get(ROLLOUT, _document_row(version))
        return gathered("Text", row) if row else None

    async def keep_evaluation(self, evaluation: Evaluation) -> None:
        """Keeps a look at the gates; a look without a decision replaces the last such look."""
        decided = row_key(RowKind.EVALUATION, countdown(evaluation.at))
        row = decided if evaluation.decision else _UNDECIDED_ROW
        await self._put(row, _EVALUATION.of(evaluation))

    async def evaluations(self, limit: int) -> list[Evaluation]:
        """Returns the newest looks at the gates, newest first."""
        rows = await self._table.scan(ROLLOUT, rows_of(RowKind.EVALUATION), limit=limit)
        undecided = await self._table.get(ROLLOUT, _UNDECIDED_ROW)
        found = [_EVALUATION.read(row) for row in (*rows, undecided) if row]
        return sorted(found, key=lambda evaluation: evaluation.at, reverse=True)[:limit]

    async def keep_watch(self, watch: Watch) -> None:
        """Keeps the newest look at the conditions that are watched in every phase."""
        await self._put(_WATCH_ROW, _WATCH.of(watch))

    async def watch(self) -> Watch | None:
        """Returns the newest look at the conditions; None before the first."""
        row = await self._table.get(ROLLOUT, _WATCH_ROW)
        return _WATCH.read(row) if row else None

    async def keep_move_look(self, look: MoveLook) -> None:
        """Keeps the newest look at who the scope's move is about."""
        await self._put(_MOVE_LOOK_ROW, _MOVE_LOOK.of(look))

    async def move_look(self) -> MoveLook | None:
        """Returns the newest look at the move; None before the first."""
        row = await self._table.get(ROLLOUT, _MOVE_LOOK_ROW)
        return _MOVE_LOOK.read(row) if row else None

    async def keep_scope_doubt(self, doubt: ScopeDoubt) -> None:
        """Keeps what the newest look at the scope groups found."""
        await self._put(_SCOPE_DOUBT_ROW, _SCOPE_DOUBT.of(doubt))

    async def scope_doubt(self) -> ScopeDoubt | None:
        """Returns what the newest look at the scope groups found; None before the first."""
        row = await self._table.get(ROLLOUT, _SCOPE_DOUBT_ROW)
        return _SCOPE_DOUBT.read(row) if row else None

    async def keep_reconciliation(self, reconciliation: Reconciliation) -> None:
        """Keeps what the last look at everybody found."""
        await self._put(_RECONCILIATION_ROW, _RECONCILIATION.of(reconciliation))

    async def reconciliation(self) -> Reconciliation | None:
        """Returns what the last look at everybody found; None before the first."""
        row = await self._table.get(ROLLOUT, _RECONCILIATION_ROW)
        return _RECONCILIATION.read(row) if row else None

    async def _put(self, row: str, columns: Mapping[str, Any]) -> None:
        await self._table.submit([Write(Verb.PUT, {**_place(row), **columns})])


def _place(row: str) -> dict[str, str]:
    return {"PartitionKey": ROLLOUT, "RowKey": row}


def _document_row(version: int) -> str:
    return row_key(RowKind.DOCUMENT, f"{version:010d}")


def _columns_of(rollout: Rollout) -> dict[str, Any]:
    plain = {
        "Phase": rollout.phase.value,
        "Version": rollout.version,
        "Started": rollout.started,
        "Lease": _lease_text(rollout.lease),
    }
    return plain | _ROLLOUT.of(replace(rollout, lease=None))


def _rollout_of(row: Row) -> Rollout:
    return replace(_ROLLOUT.read(row), lease=_LEASE.validate_json(row["Lease"]))


def _lease_text(lease: Lease | None) -> str:
    return _LEASE.dump_json(lease).decode()
