"""Tasks of Lifecycle Workflows that wait to be resumed, kept as long as the process lives."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4


@dataclass
class WaitingTask:
    """One result of processing a task for a user."""

    workflow_id: str
    task_id: str
    result_id: str
    authorized_apps: frozenset[str]
    """Those that may resume it without a permission."""
    callback: dict[str, Any] | None = None
    """What it was resumed with; None while it waits."""

    @property
    def path(self) -> str:
        """Where it is resumed, below Graph's version."""
        return (
            f"/identityGovernance/lifecycleWorkflows/workflows/{self.workflow_id}"
            f"/tasks/{self.task_id}/taskProcessingResults/{self.result_id}/resume"
        )


@dataclass
class Lifecycle:
    """All of them, by their result's id."""

    tasks: dict[str, WaitingTask] = field(default_factory=dict)

    def begin(self, authorized_apps: frozenset[str]) -> WaitingTask:
        """A task begins to wait."""
        task = WaitingTask(str(uuid4()), str(uuid4()), str(uuid4()), authorized_apps)
        self.tasks[task.result_id] = task
        return task
