"""Where a day begins: at midnight of the person's place, whatever the clocks do there."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.time_zones import day_begins, day_ends, day_of, first_day, known_zones

ZONES = st.sampled_from(sorted(known_zones()))


def test_a_first_day_in_auckland_begins_eleven_hours_before_utc_s_and_is_no_13_00_there() -> None:
    begins = day_begins(date(2026, 12, 14), "Pacific/Auckland")
    assert begins == datetime(2026, 12, 13, 11, tzinfo=UTC)
    assert day_ends(date(2026, 12, 14), "Pacific/Auckland") == datetime(
        2026, 12, 14, 11, tzinfo=UTC
    )


@given(zone=ZONES, day=st.dates(min_value=date(1970, 1, 2), max_value=date(2199, 12, 31)))
def test_a_day_is_whole_and_the_next_begins_where_it_ends(zone: str, day: date) -> None:
    begins, ends = day_begins(day, zone), day_ends(day, zone)
    assert begins.tzinfo is UTC
    assert ends == day_begins(day + timedelta(days=1), zone)
    # Samoa left out a day, and Kwajalein: theirs is over as it begins.
    assert timedelta(0) <= ends - begins <= timedelta(hours=26)
    if ends > begins:
        assert day_of(begins, zone) == day
        assert day_of(ends - timedelta(microseconds=1), zone) == day


@pytest.mark.parametrize("zone", ["Africa/Cairo", "America/Asuncion", "Asia/Beirut"])
def test_where_midnight_is_jumped_over_the_day_begins_with_the_jump(zone: str) -> None:
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(366)]
    lacking = [
        day for day in days if day_begins(day, zone).astimezone(ZoneInfo(zone)).time() != time()
    ]
    assert all(day_of(day_begins(day, zone), zone) == day for day in days)
    assert len(lacking) <= 1


def test_entra_s_midnight_is_a_day_and_any_other_time_is_that_time() -> None:
    midnight, noon = datetime(2026, 12, 14, tzinfo=UTC), datetime(2026, 12, 14, 12, tzinfo=UTC)
    assert first_day(midnight, "Pacific/Auckland") == datetime(2026, 12, 13, 11, tzinfo=UTC)
    assert first_day(noon, "Pacific/Auckland") == noon
    assert first_day(None, "UTC") is None


def test_zones_that_are_files_of_this_machine_are_none() -> None:
    assert not {"localtime", "posixrules", "Factory"} & known_zones()
    assert {"UTC", "Europe/Berlin", "Pacific/Auckland"} <= known_zones()
