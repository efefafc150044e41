"""Schedules of timers, and what is remembered of them between starts."""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from croniter import croniter

_NEVER = datetime.min.replace(tzinfo=UTC)
_FIELD = re.compile(r"[\dA-Za-z*/,-]+")
_WITH_SECONDS = 6
_FIELDS = (5, _WITH_SECONDS)
_HOURS = 24
_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):([0-5]?\d)(?::([0-5]?\d(?:\.\d{1,7})?))?")


def parse_time_span(text: str) -> timedelta | None:
    """Read a time span as .NET does; None for anything else.

    ``hh:mm``, ``hh:mm:ss``, ``d.hh:mm:ss``, or days alone; what has 24 or more where the hours
    stand is ``dd:hh:mm``.
    """
    if text.isdecimal():
        return timedelta(days=int(text))
    match = _SPAN.fullmatch(text)
    if match is None:
        return None
    days, first, second, third = match.groups()
    if int(first) >= _HOURS:
        if days or not third or int(second) >= _HOURS:
            return None
        return timedelta(days=int(first), hours=int(second), minutes=float(third))
    return timedelta(
        days=int(days or 0), hours=int(first), minutes=int(second), seconds=float(third or 0)
    )


class Schedule:
    """When a timer is due: an NCRONTAB expression, in UTC, or a time span between two runs.

    Six fields: seconds, minutes, hours, day, month, day of week; five have no seconds.
    """

    def __init__(self, expression: str) -> None:
        """Parse an expression.

        Raises:
            ValueError: When it is neither; Quartz's ``?``, ``L``, ``W`` and ``#`` are not NCRONTAB.
        """
        fields = expression.split()
        self._span = parse_time_span(expression)
        if self._span:
            return
        self._has_seconds = len(fields) == _WITH_SECONDS
        if len(fields) not in _FIELDS or not all(_FIELD.fullmatch(field) for field in fields):
            raise ValueError(
                f"schedule {expression!r}: neither five or six NCRONTAB fields nor a time span"
            )
        # NCRONTAB wants day of month AND day of week; cron, and croniter by default, either.
        if not croniter.is_valid(expression, second_at_beginning=self._has_seconds):
            raise ValueError(f"schedule {expression!r}: not a valid NCRONTAB expression")
        self._fields = fields

    @property
    def is_constant(self) -> bool:
        """Whether it is a time span."""
        return bool(self._span)

    def following(self, moment: datetime) -> datetime:
        """Find the first occurrence after a moment."""
        if self._span:
            return moment + self._span
        walk = croniter(
            " ".join(self._fields), moment, day_or=False, second_at_beginning=self._has_seconds
        )
        occurrence: datetime = walk.get_next(datetime)
        return occurrence

    def is_sub_minute(self, moment: datetime) -> bool:
        """Tell whether it is one of those whose status Azure's host does not keep.

        Source: ``TimerSchedule.ShouldDisableScheduleMonitor`` in azure-webjobs-sdk-extensions.
        """
        if self._span:
            return self._span < timedelta(minutes=1)
        if any(field != "*" for field in self._fields[1:]):
            return False
        second = self.following(self.following(moment))
        return second <= moment + timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """When a timer last ran, when it is due next, and when that was written."""

    last: datetime
    next: datetime
    updated: datetime

    @classmethod
    def initial(cls, schedule: Schedule, now: datetime) -> Self:
        """Make the status of a timer that has never run."""
        return cls(last=_NEVER, next=schedule.following(now), updated=now)

    def after_run(self, schedule: Schedule, ran: datetime) -> "ScheduleStatus":
        """Advance past a run, whatever came of it."""
        return replace(self, last=ran, next=schedule.following(ran), updated=ran)

    def reconciled(self, schedule: Schedule, now: datetime) -> "ScheduleStatus":
        """Fit a remembered status to a schedule that may have changed since.

        A changed schedule is never past due at once: it is planned from now on.
        """
        written = self.updated if self.last == _NEVER else self.last
        expected = schedule.following(written)
        if expected == self.next:
            return self
        upcoming = schedule.following(now) if now > expected else expected
        return replace(self, last=_NEVER, next=upcoming, updated=written)

    def to_json(self) -> dict[str, str]:
        """Spell the status as the host writes it and functions read it."""
        return {
            "Last": self.last.isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.updated.isoformat(),
        }


class StatusFile:
    """Where the status of one timer is kept."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> ScheduleStatus | None:
        """Read the status; None before the first start."""
        if not self._path.exists():
            return None
        document = json.loads(self._path.read_text(encoding="utf-8"))
        return ScheduleStatus(
            *(datetime.fromisoformat(document[name]) for name in ("Last", "Next", "LastUpdated"))
        )

    def write(self, status: ScheduleStatus) -> None:
        """Replace the status as a whole."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(status.to_json()), encoding="utf-8")
        fresh.replace(self._path)
