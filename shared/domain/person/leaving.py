"""Leaving: whether who joins by an event has left before it, or since."""

from datetime import datetime

from shared.domain.person.enrolment import Exclusion


def lifts_leaving(
    exclusion: Exclusion,
    event_time: datetime,
    *,
    occurred_at: datetime,
    day: datetime | None,
    joins_by_day: bool,
    now: datetime,
) -> bool:
    """Tells whether an onboarding event lifts the exclusion of somebody who leaves.

    Args:
        exclusion: The leaver's.
        event_time: When the newest event before this one happened.
        occurred_at: When this one happened.
        day: The first day that it tells of.
        joins_by_day: Whether that day alone says that they join: whoever is but listed with an
            earlier one has left since.
        now: The time, in UTC.
    """
    if joins_by_day and not (day is not None and day > (exclusion.begins or event_time)):
        return False
    return not exclusion.is_ahead(now) or occurred_at > event_time
