"""A change of the rollout as the audit tells it."""

from typing import Any

from shared.domain.rollout.state import Rollout


def entry_of(before: Rollout | None, after: Rollout, action: str) -> dict[str, Any]:
    """Returns who brought the rollout where, from where and why, all as plain JSON values."""
    return {
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
