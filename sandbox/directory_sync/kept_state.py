"""What a sync remembers from one process to the next: what it knows of AD, and what it exported."""

import json
from dataclasses import dataclass
from pathlib import Path

from sandbox.directory_sync.connector_space import ConnectorSpace
from sandbox.directory_sync.export import Exported


@dataclass
class SyncState:
    """The two halves; nothing has ever been exported while `exported` is None."""

    space: ConnectorSpace
    exported: Exported | None = None


def read_state(file: Path, scope_group: str) -> SyncState:
    """Read what `write_state` kept, or begin anew where there is no such file."""
    if not file.exists():
        return SyncState(ConnectorSpace(scope_group))
    kept = json.loads(file.read_text())
    exported = Exported.from_json(kept["exported"]) if kept["exported"] else None
    return SyncState(ConnectorSpace.from_json(kept["space"]), exported)


def write_state(file: Path, state: SyncState) -> None:
    """Keep it, whole or not at all."""
    exported = state.exported and state.exported.to_json()
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps({"space": state.space.to_json(), "exported": exported}))
    draft.replace(file)
