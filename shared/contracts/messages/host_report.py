"""What a worker was told by the Entra Connect host: its writeback, and its events by their numbers.

No name, no account and no text of an event leaves the host: ids of events and how many there were.
Sources of the ids: "Troubleshoot self-service password reset writeback", Microsoft Learn, read on
29 November 2026.
"""

from typing import Annotated

from pydantic import Field

from shared.contracts.messages.contract import Contract, Moment, Name, Text, Word

MOST_EVENT_IDS = 60
"""Of one report; Microsoft documents fewer."""
MOST_HOURS = 25
"""A day, and the hour that has begun."""
_MOST = 10**9
EventId = Annotated[int, Field(ge=0, le=65_535)]
Number = Annotated[int, Field(ge=0, le=_MOST)]


class EventCount(Contract):
    """How often an event was written since the report begins."""

    event_id: EventId
    count: Number


class HourOfWritebacks(Contract):
    """How resets by people themselves ended that reached the host within an hour."""

    begins_at: Moment
    succeeded: Number = 0
    failed: Number = 0
    """Without those whose password did not meet the domain's policy: nothing is wrong then."""


class HostReport(Contract):
    """The host as it was last looked at; what it did not say is left out."""

    looked_at: Moment
    problem: Word | None = None
    """Why it could not be asked, in a word of the worker's; None if it could."""
    detail: Text | None = None
    version: Name | None = None
    staging: bool | None = None
    scheduler_enabled: bool | None = None
    scheduler_suspended: bool | None = None
    writeback_enabled: bool | None = None
    """By `Get-ADSyncAADPasswordResetConfiguration`."""
    service: Word | None = None
    """How the service stands that runs the writeback, in Windows' word: Running, Stopped …"""
    events_since: Moment | None = None
    """How far back the events go; None where they could not be read."""
    events_problem: Text | None = None
    """Why the events could not be read."""
    heartbeat_at: Moment | None = None
    """When event 31019 was last written: the host has reached Service Bus."""
    started_at: Moment | None = None
    """When event 31015 was last written."""
    stopped_at: Moment | None = None
    """When event 31016 was last written."""
    events: Annotated[tuple[EventCount, ...], Field(max_length=MOST_EVENT_IDS)] = ()
    hours: Annotated[tuple[HourOfWritebacks, ...], Field(max_length=MOST_HOURS)] = ()
