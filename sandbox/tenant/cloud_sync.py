"""How Entra Cloud Sync stands in this tenant: one configuration's job, and its log."""

from dataclasses import dataclass, field
from typing import Any

_CODES = ("Active", "Paused", "Quarantine", "NotRun", "NotConfigured")
_NAMES = (
    *("code", "reason", "fails", "failsGroups"),
    *("quarantineAfter", "deleteThreshold", "mostMembers", "answersByType"),
)
_KEPT_ENTRIES = 20_000


@dataclass
class CloudSync:
    """The job and its log; what is set from outside is kept until it is set again."""

    code: str = "NotRun"
    reason: str | None = None
    """Of a quarantine."""
    fails: bool = False
    """Runs come to nothing."""
    fails_groups: bool = False
    """Runs carry people, and no group."""
    quarantine_after: int = 10
    """So many failed runs in a row put the job in quarantine; the original's number is unknown."""
    delete_threshold: int = 500
    """A run that would delete so many objects deletes none, and puts the job in quarantine."""
    most_members: int = 50_000
    """A group with more is not brought."""
    answers_by_type: bool = False
    """Whether on-demand provisioning is answered in the other of its two forms."""
    failures_in_a_row: int = 0
    last: dict[str, Any] | None = None
    last_successful: dict[str, Any] | None = None
    last_with_exports: dict[str, Any] | None = None
    log: list[dict[str, Any]] = field(default_factory=list)

    @property
    def carries(self) -> bool:
        """Whether the next run may bring anything."""
        return self.code in {"Active", "NotRun"}

    def set(self, body: dict[str, Any]) -> None:
        """Set how the job stands and what its next runs come to.

        Raises:
            ValueError: a name or a code is unknown.
        """
        for name in body:
            if name not in _NAMES:
                raise ValueError(f"{name}: there is no such condition")
        if body.get("code", self.code) not in _CODES:
            raise ValueError(f"code: not one of {', '.join(_CODES)}")
        self.code = body.get("code", self.code)
        self.reason = body.get("reason")
        self.fails = bool(body.get("fails", self.fails))
        self.fails_groups = bool(body.get("failsGroups", self.fails_groups))
        self.quarantine_after = int(body.get("quarantineAfter", self.quarantine_after))
        self.delete_threshold = int(body.get("deleteThreshold", self.delete_threshold))
        self.most_members = int(body.get("mostMembers", self.most_members))
        self.answers_by_type = bool(body.get("answersByType", self.answers_by_type))
        if "code" in body:
            # Whoever starts a job again clears what had added up.
            self.failures_in_a_row = 0

    def enter_quarantine(self, reason: str) -> None:
        """Stop the job until somebody starts it again."""
        self.code, self.reason = "Quarantine", reason

    def note_run(self, execution: dict[str, Any], *, exported: bool) -> None:
        """Remember how a run went, and what several that failed lead to."""
        self.last = execution
        if execution["state"] == "Succeeded":
            self.failures_in_a_row, self.last_successful = 0, execution
            self.last_with_exports = execution if exported else self.last_with_exports
            return
        self.failures_in_a_row += 1
        if self.failures_in_a_row >= self.quarantine_after:
            self.enter_quarantine("EncounteredQuarantineException")

    def note_objects(self, entries: list[dict[str, Any]]) -> None:
        """Add to the provisioning log, which does not grow for ever."""
        self.log = [*self.log, *entries][-_KEPT_ENTRIES:]
