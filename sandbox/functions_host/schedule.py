"""NCRONTAB schedules, and what is remembered of them between starts."""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from croniter import croniter

_NEVER = datetime.min.replace(tzinfo=UTC)
_FIELD = re.compile(r"[\dA-Za-z*/,-]+")


class Schedule:
    """A six-field NCRONTAB expression: seconds, minutes, hours, day, month, day of week; in UTC."""

    def __init__(self, expression: str) -> None:
        """Parse an expression.

        Raises:
            ValueError: When it is not NCRONTAB; Quartz's ``?``, ``L``, ``W`` and ``#`` are not.
        """
        fields = expression.split()
        if len(fields) != 6 or not all(_FIELD.fullmatch(field) for field in fields):  # noqa: PLR2004 - as named
            raise ValueError(f"schedule {expression!r}: expected six NCRONTAB fields")
        # NCRONTAB wants day of month AND day of week; cron, and croniter by default, either.
        if not croniter.is_valid(expression, second_at_beginning=True):
            raise ValueError(f"schedule {expression!r}: not a valid NCRONTAB expression")
        self._expression = " ".join(fields)

    def following(self, moment: datetime) -> datetime:
        """Find the first occurrence after a moment."""
        walk = croniter(self._expression, moment, day_or=False, second_at_beginning=True)
        occurrence: datetime = walk.get_next(datetime)
        return occurrence

    def is_sub_minute(self, moment: datetime) -> bool:
        """Tell whether the next two occurrences are less than a minute apart."""
        first = self.following(moment)
        return self.following(first) - first < timedelta(minutes=1)


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
