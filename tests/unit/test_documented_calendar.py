"""The first rollout's page: when the waves of its example begin, by the product's own calendar."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.documents.rollout_document import read
from shared.domain.rollout.document import Wave
from tests.support.documentation import blocks
from tests.support.repository import ROOT

PAGE = ROOT / "docs/first-rollout.md"
APPLIED = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
"""A Monday at nine in Berlin, as the page says."""
TO_BE_PUT_IN = timedelta(minutes=10)
TEXT_MESSAGES_END = datetime(2027, 2, 1, tzinfo=UTC)
WEEKS = 12


def example() -> tuple[Wave, ...]:
    (text,) = (one.text for one in blocks(PAGE) if one.language == "yaml")
    return read(text).waves


def beginnings(waves: Sequence[Wave]) -> list[datetime]:
    """When each wave begins where every gate passes at the end of the soak before it."""
    now, begun = APPLIED, list[datetime]()
    for wave in waves:
        opening = wave.calendar.next_opening(now)
        assert opening
        begun.append(opening.astimezone(ZoneInfo(wave.calendar.time_zone)))
        now = opening + TO_BE_PUT_IN + wave.soak
    return begun


def said() -> str:
    return " ".join(PAGE.read_text().split())


def test_the_waves_of_the_example_begin_on_the_days_that_the_page_says() -> None:
    waves = example()
    begun = beginnings(waves)
    days = ", ".join(f"{one:%-d %B}" for one in begun)
    assert f"begin on {days}." in said()
    assert round((begun[-1] - begun[0]) / timedelta(weeks=1)) == WEEKS
    after = [one.name for one, day in zip(waves, begun, strict=True) if day > TEXT_MESSAGES_END]
    assert after == ["most", "everyone"]


def test_five_waves_begin_before_text_messages_end_and_sixteen_by_the_end_of_april() -> None:
    pilot, weekly, *_ = example()
    begun = beginnings([pilot, *[weekly] * 15])
    assert f"The last begins on {begun[4]:%-d %B}." in said()
    assert begun[4] < TEXT_MESSAGES_END < begun[5]
    assert f"until the end of {begun[-1]:%B}" in said()
    assert (begun[-1] + timedelta(weeks=1)).month > begun[-1].month
