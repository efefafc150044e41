"""Plain words and numbers for people: what a terminal would obey is spelt out."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.contracts.api.rollout_views import RolloutView

_TIMER = "clock"


def escaped(text: object) -> str:
    """Returns the text with everything spelt out that a terminal would obey."""
    return "".join(
        one if one.isprintable() or one in "\n\t" else one.encode("unicode_escape").decode()
        for one in str(text)
    )


def count(number: int, one: str, many: str | None = None) -> str:
    """Writes a number with its noun: `1 person`, `2,000 people`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def people(number: int) -> str:
    """Writes a number of people: `1 person`, `2,000 people`."""
    return count(number, "person", "people")


def moment(at: datetime | None) -> str | None:
    """Writes a time in UTC, to the second; None stays None."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if at else None


def phase_text(rollout: "RolloutView") -> str:
    """Says where the rollout is, in a line."""
    wave = f" in {rollout.wave}" if rollout.wave else ""
    why = f": {rollout.pause.text}" if rollout.pause else ""
    return f"{rollout.phase}{wave}{why}"


def spelt(duration: str) -> str:
    """Writes a duration of the API's, `P1DT12H`, as people write it: `1d12h`."""
    return duration.replace("P", "").replace("T", "").lower()


def actor_text(actor: str) -> str:
    """Returns who did something; `clock` is what the app itself writes down for its timer."""
    return "the app" if actor == _TIMER else actor
