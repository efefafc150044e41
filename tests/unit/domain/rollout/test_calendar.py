"""When a wave may begin: working hours, freezes, time zones and the days they are odd on."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.rollout.calendar import Calendar, Freeze

BERLIN = Calendar(
    time_zone="Europe/Berlin",
    days=frozenset(range(5)),
    opens=time(9),
    closes=time(16),
)
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(st.integers(0, 10**9).map(lambda s: utc("2000-01-01") + timedelta(seconds=s)))
def test_without_hours_and_freezes_a_wave_may_always_begin(now: datetime) -> None:
    assert Calendar().closed_because(now) is None
    assert Calendar().next_opening(now) == now


@pytest.mark.parametrize(
    ("now", "because"),
    [
        ("2026-03-02 07:59", "it is 08:59 in Europe/Berlin, outside working hours"),
        ("2026-03-02 08:00", None),
        ("2026-03-02 14:59", None),
        ("2026-03-02 15:00", "it is 16:00 in Europe/Berlin, outside working hours"),
        ("2026-03-06 22:59", "it is 23:59 in Europe/Berlin, outside working hours"),
        ("2026-03-06 23:00", "Saturday is no working day"),
        ("2026-03-08 22:59", "Sunday is no working day"),
        ("2026-03-08 23:00", "it is 00:00 in Europe/Berlin, outside working hours"),
        # From the last Sunday of March on it is summer: an hour earlier in UTC.
        ("2026-03-30 06:59", "it is 08:59 in Europe/Berlin, outside working hours"),
        ("2026-03-30 07:00", None),
        ("2026-03-30 14:00", "it is 16:00 in Europe/Berlin, outside working hours"),
        # From the last Sunday of October on it is winter again.
        ("2026-10-26 07:00", "it is 08:00 in Europe/Berlin, outside working hours"),
        ("2026-10-26 08:00", None),
    ],
)
def test_hours_and_days_are_those_of_the_time_zone_in_summer_and_in_winter(
    now: str, because: str | None
) -> None:
    assert BERLIN.closed_because(utc(now)) == because


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2026-03-02 03:00", "2026-03-02 08:00"),
        ("2026-03-02 12:00", "2026-03-02 12:00"),
        ("2026-03-02 15:00", "2026-03-03 08:00"),
        ("2026-03-06 15:00", "2026-03-09 08:00"),
        ("2026-03-27 15:00", "2026-03-30 07:00"),
        ("2026-10-23 15:00", "2026-10-26 08:00"),
    ],
)
def test_the_next_opening_is_now_or_when_work_next_begins(now: str, opening: str) -> None:
    assert BERLIN.next_opening(utc(now)) == utc(opening)


def test_closed_until_midnight_at_the_latest_where_no_closing_time_is_given() -> None:
    evenings = replace(BERLIN, opens=time(18), closes=None)
    assert evenings.closed_because(utc("2026-03-02 22:59")) is None
    assert evenings.closed_because(utc("2026-03-02 23:00"))


@pytest.mark.parametrize(
    ("now", "because"),
    [
        ("2026-12-17 22:59", None),
        ("2026-12-17 23:00", "change freeze until 2027-01-06: year's end"),
        ("2027-01-06 22:59", "change freeze until 2027-01-06: year's end"),
        ("2027-01-06 23:00", None),
    ],
)
def test_a_freeze_lasts_from_its_first_to_its_last_day_in_the_time_zone(
    now: str, because: str | None
) -> None:
    freeze = Freeze(date(2026, 12, 18), date(2027, 1, 6), "year's end")
    always = Calendar(time_zone="Europe/Berlin", freezes=(freeze,))
    assert always.closed_because(utc(now)) == because


def test_a_freeze_is_named_before_the_hours_as_it_lasts_longer() -> None:
    frozen = replace(BERLIN, freezes=(Freeze(date(2026, 3, 1), date(2026, 3, 8), "release"),))
    assert (
        frozen.closed_because(utc("2026-03-07 02:00")) == "change freeze until 2026-03-08: release"
    )
    assert frozen.next_opening(utc("2026-03-02 09:00")) == utc("2026-03-09 08:00")


@pytest.mark.parametrize(
    "never",
    [
        replace(BERLIN, days=frozenset()),
        replace(BERLIN, freezes=(Freeze(date.min, date.max, "for good"),)),
    ],
    ids=["no day", "frozen"],
)
def test_what_does_not_open_within_a_year_has_no_next_opening(never: Calendar) -> None:
    assert never.next_opening(utc("2026-03-02 12:00")) is None


def test_hours_that_begin_in_the_hour_the_clock_skips_begin_after_it() -> None:
    early = Calendar(time_zone="Europe/Berlin", opens=time(2), closes=time(5))
    assert early.next_opening(utc("2026-03-28 12:00")) == utc("2026-03-29 01:00")


def test_hours_that_begin_in_the_hour_the_clock_repeats_begin_with_the_first() -> None:
    early = Calendar(time_zone="Europe/Berlin", opens=time(2, 30), closes=time(5))
    assert early.next_opening(utc("2026-10-24 12:00")) == utc("2026-10-25 00:30")


CALENDARS = st.builds(
    Calendar,
    time_zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    opens=st.integers(0, 11).map(time),
    closes=st.none() | st.integers(12, 23).map(time),
    freezes=st.lists(
        st.builds(
            lambda first, days: Freeze(first, first + timedelta(days=days), "freeze"),
            st.dates(date(2026, 3, 1), date(2026, 4, 10)),
            st.integers(0, 20),
        ),
        max_size=2,
    ).map(tuple),
)


@given(CALENDARS, st.integers(0, 40 * 24).map(lambda hours: utc("2026-03-01 00:30") + hours * HOUR))
def test_at_the_next_opening_it_is_open_and_at_no_half_hour_before(
    calendar: Calendar, now: datetime
) -> None:
    opening = calendar.next_opening(now)
    assert opening is not None
    assert calendar.closed_because(opening) is None
    moment = now
    while moment < opening:
        assert calendar.closed_because(moment), moment
        moment += HOUR / 2
