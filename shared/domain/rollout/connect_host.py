"""The Entra Connect host, as a worker was told by it: its writeback, and events by their numbers.

Source of the event ids: "Troubleshoot self-service password reset writeback", Microsoft Learn, read
on 29 November 2026.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

RESET_SUCCEEDED: Final = 31002
RESET_FAILED: Final = 31003
NOT_WORKING: Final = 31044
POLICY_NOT_MET: Final = 33008
"""The password did not meet the domain's policy: its person may try a better one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourOfWritebacks:
    """How resets by people themselves ended that reached the host within an hour."""

    begins_at: datetime
    succeeded: int = 0
    failed: int = 0
    """Without those whose password did not meet the domain's policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSight:
    """The host as a worker last looked at it; None stands for what was not said."""

    looked_at: datetime
    """By the receiving side's clock, as all times here."""
    problem: str = ""
    """Why it could not be asked."""
    version: str | None = None
    staging: bool | None = None
    scheduler_enabled: bool | None = None
    scheduler_suspended: bool | None = None
    writeback_enabled: bool | None = None
    service: str | None = None
    """How the service stands that runs the writeback, in Windows' word."""
    events_since: datetime | None = None
    """How far back the events go; None where they could not be read."""
    events_problem: str = ""
    heartbeat_at: datetime | None = None
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    events: tuple[tuple[int, int], ...] = ()
    """How often each event was written, by its id."""
    hours: tuple[HourOfWritebacks, ...] = ()

    def count_of(self, event_id: int) -> int:
        """Returns how often an event was written."""
        return dict(self.events).get(event_id, 0)

    def writebacks(self, start: datetime) -> tuple[int, int]:
        """Returns how many resets succeeded and failed in the hours that began since then."""
        counted = [one for one in self.hours if one.begins_at >= start]
        return sum(one.succeeded for one in counted), sum(one.failed for one in counted)


_FRESH = timedelta(hours=3)
"""A host is looked at every half hour, as shipped; what is older says nothing of now."""


def fresh_hosts(hosts: Iterable[HostSight | None], now: datetime) -> tuple[HostSight, ...]:
    """Returns those that were looked at lately."""
    return tuple(one for one in hosts if one and now - one.looked_at <= _FRESH)
