"""Lengths of time as operators write and read them: ISO 8601, as in a rollout document."""

from datetime import timedelta

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def duration_text(duration: timedelta) -> str:
    """Writes a length of time in days, hours, minutes and seconds, such as `P1DT12H`."""
    rest = timedelta(seconds=duration.seconds)
    parts = {"H": rest // _HOUR, "M": rest % _HOUR // _MINUTE, "S": (rest % _MINUTE).seconds}
    clock = "".join(f"{number}{unit}" for unit, number in parts.items() if number)
    days = f"{duration.days}D" if duration.days else ""
    return f"P{days}{'T' if clock else ''}{clock}" if days or clock else "PT0S"
