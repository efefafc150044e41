"""How Entra Cloud Sync stands in this tenant: one configuration's job, and its log."""

from dataclasses import dataclass, field
from typing import Any

_CODES = ("Active", "Paused", "Quarantine", "NotRun", "NotConfigured")


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
    last: dict[str, Any] | None = None
    log: list[dict[str, Any]] = field(default_factory=list)

    def set(self, body: dict[str, Any]) -> None:
        """Set how the job stands and what its next runs come to.

        Raises:
            ValueError: a name or a code is unknown.
        """
        for name in body:
            if name not in {"code", "reason", "fails", "failsGroups"}:
                raise ValueError(f"{name}: there is no such condition")
        if body.get("code", self.code) not in _CODES:
            raise ValueError(f"code: not one of {', '.join(_CODES)}")
        self.code = body.get("code", self.code)
        self.reason = body.get("reason")
        self.fails = bool(body.get("fails", self.fails))
        self.fails_groups = bool(body.get("failsGroups", self.fails_groups))
