"""Measurements: the facts that gates are decided by, gathered in one look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.person.enrolment import State
from shared.domain.rollout.resets import Reset


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSight:
    """When a hybrid worker was last heard of, and what it said."""

    worker: str
    seen_at: datetime
    """By the receiving side's clock."""
    directory_answers: bool
    sync_succeeded: bool | None
    """How its newest delta sync ended; None where none has."""
    sync_ended_at: datetime | None = None
    problem: str = ""
    hindrance: str = ""
    """What is in the way of the next delta sync; empty if nothing is, or nobody waits for one."""
    hindered_since: datetime | None = None
    clock_ahead: int | None = None
    """Seconds by which its clock is ahead of Service Bus, or behind; None if little, or unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What is known of a wave, and of the machinery that carries it."""

    people: Mapping[tuple[State, bool], int]
    """The wave's people by state, and whether they are flagged as late there."""
    in_scope: int
    """Everybody whose membership has been written."""
    resets: tuple[Reset, ...]
    """Of people in scope, since the longest window of any gate began."""
    workers: tuple[WorkerSight, ...]
    needs_worker: bool
    """Whether the topology has an AD group."""
    overdue: int
    """People whose write is owed and flagged as late."""
