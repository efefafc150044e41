"""A change of the rollout as the audit tells it."""

from typing import Any

from shared.domain.rollout.scope_move import ScopeMove
from shared.domain.rollout.state import Rollout


def entry_of(before: Rollout | None, after: Rollout, action: str) -> dict[str, Any]:
    """Returns who brought the rollout where, from where and why, all as plain JSON values."""
    entry = {
        "action": action,
        "reason": after.reason,
        "version": after.version,
        "document": after.document.digest,
        "from": before.phase if before else None,
        "to": after.phase,
        "started": after.started,
        "wave": after.wave.name if after.wave else None,
        "rolledBack": sorted(after.rolled_back),
        "pause": after.pause.reason if after.pause else None,
    }
    if after.move is None or (before and before.move == after.move):
        return entry
    return entry | {"move": _move_of(after.move)}


def _move_of(move: ScopeMove) -> dict[str, Any]:
    return {
        "kind": move.kind,
        "from": move.came_from,
        "oldGroup": move.old_group,
        "accepted": move.accepted,
        "letGo": move.let_go_at is not None,
        "empties": move.empties,
        "byWord": move.by_word,
        "ended": move.ended_at is not None,
    }
