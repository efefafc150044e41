"""What Entra says of Cloud Sync: its jobs, how they ran, and what they could not provision."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class JobState(StrEnum):
    """How a synchronization job stands, as Graph says it."""

    ACTIVE = "Active"
    PAUSED = "Paused"
    QUARANTINE = "Quarantine"
    NOT_RUN = "NotRun"
    NOT_CONFIGURED = "NotConfigured"
    UNKNOWN = "Unknown"
    """Another word than this version knows."""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What became of one person whom a job was asked to bring at once."""

    is_there: bool
    """Whether they are in Entra now, brought by this or before."""
    code: str = ""
    """Graph's word for why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncJob:
    """One job that provisions a domain's people and groups to Entra."""

    name: str
    """Its id; it names nobody."""
    state: JobState
    ended_at: datetime | None = None
    """When its newest run ended; None before the first."""
    failed: bool = False
    """Whether that run failed as a whole. Errors of single objects are in the log."""
    trouble: str = ""
    """Graph's code of what is wrong: of the quarantine, or of the run."""
    group_failures: int = 0
    """Groups that the provisioning log says could not be provisioned, lately."""
    people_failures: int = 0
    """The same of people: their own trouble, and not the job's."""
