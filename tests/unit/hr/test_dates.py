"""Dates and times as senders write them: read as the file declares them, else refused by field."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.documents.hr_sources.dates import Written
from shared.domain.errors import InvalidMessage
from shared.hr.dates import day_of, moment_of
from shared.hr.sent_part import SentPart


def day(value: Any, format_: str, zone: str | None = None) -> Any:
    return day_of(SentPart("day", value), Written(format=format_, zone=zone)).value


@pytest.mark.parametrize(
    ("value", "format_", "meant"),
    [
        ("1795900841", "epoch-seconds", "2026-11-28"),
        (1795900841, "epoch-seconds", "2026-11-28"),
        ("1795900825244", "epoch-milliseconds", "2026-11-28"),
        (1795900825244.0, "epoch-milliseconds", "2026-11-28"),
        ("01/02/2027", "DD/MM/YYYY", "2027-02-01"),
        ("01/02/2027", "MM/DD/YYYY", "2027-01-02"),
        ("1/2/2027", "M/D/YYYY", "2027-01-02"),
        ("01.02.2027", "DD.MM.YYYY", "2027-02-01"),
        ("24-Dec-2026", "DD-MMM-YYYY", "2026-12-24"),
        ("24-DEC-2026", "DD-MMM-YYYY", "2026-12-24"),
        ("Dec 4, 2026", "MMM D, YYYY", "2026-12-04"),
        ("20261224", "YYYYMMDD", "2026-12-24"),
        (20261224, "YYYYMMDD", "2026-12-24"),
        ("12/24/2026 11:59:00 PM", "MM/DD/YYYY HH:mm:ss A", "2026-12-24"),
        ("2026-12-24 00:00:00", "YYYY-MM-DD HH:mm:ss", "2026-12-24"),
        (46419, "excel-days", "2027-02-01"),
        ("46419", "excel-days", "2027-02-01"),
    ],
)
def test_a_day_is_read_as_it_is_declared(value: Any, format_: str, meant: str) -> None:
    assert day(value, format_) == meant


def test_the_day_of_an_epoch_is_the_one_in_the_zone_that_is_meant() -> None:
    midnight_in_auckland = int(datetime(2026, 12, 23, 11, tzinfo=UTC).timestamp())
    assert day(midnight_in_auckland, "epoch-seconds", "Pacific/Auckland") == "2026-12-24"
    assert day(midnight_in_auckland, "epoch-seconds") == "2026-12-23"


@pytest.mark.parametrize(
    ("value", "format_", "reason"),
    [
        ("2027-02-01", "DD/MM/YYYY", "not written as DD/MM/YYYY"),
        ("31/02/2027", "DD/MM/YYYY", "no calendar"),
        ("01/13/2027", "DD/MM/YYYY", "no calendar"),
        ("24-Foo-2026", "DD-MMM-YYYY", "no calendar"),
        ("soon", "epoch-seconds", "write a number"),
        (True, "epoch-seconds", "write a number"),
        ("9" * 15, "epoch-seconds", "no calendar"),
        (1e30, "epoch-milliseconds", "no calendar"),
        (float("nan"), "epoch-seconds", "no calendar"),
        (["x"], "DD/MM/YYYY", "write text"),
        (1e9, "excel-days", "no calendar"),
        ("٢٤/١٢/٢٠٢٦", "DD/MM/YYYY", "not written as"),
    ],
)
def test_a_day_that_is_written_otherwise_is_refused_by_its_field(
    value: Any, format_: str, reason: str
) -> None:
    with pytest.raises(InvalidMessage, match=reason) as raised:
        day(value, format_)
    assert raised.value.field == "day"


def test_a_time_without_a_zone_is_in_the_one_that_is_declared_or_refused() -> None:
    said = SentPart("at", "2026-11-25T13:06:26.915906")
    assert moment_of(said, Written(zone="UTC")).value.endswith("+00:00")
    assert moment_of(said, Written(zone="Europe/Berlin")).value.endswith("+01:00")
    assert moment_of(said, None) == said
    written = SentPart("at", "11/25/2026 01:06:26 PM")
    with pytest.raises(InvalidMessage, match="zone"):
        moment_of(written, Written(format="MM/DD/YYYY HH:mm:ss A"))
    found = moment_of(written, Written(format="MM/DD/YYYY HH:mm:ss A", zone="UTC"))
    assert found.value == "2026-11-25T13:06:26+00:00"


@given(st.dates(min_value=date(1970, 1, 1), max_value=date(2199, 12, 31)), st.data())
def test_every_day_comes_back_in_every_format(one: date, data: st.DataObject) -> None:
    format_, written = data.draw(
        st.sampled_from(
            [
                ("DD/MM/YYYY", f"{one:%d/%m/%Y}"),
                ("MM/DD/YYYY", f"{one:%m/%d/%Y}"),
                ("DD.MM.YYYY", f"{one:%d.%m.%Y}"),
                ("YYYYMMDD", f"{one:%Y%m%d}"),
                ("DD-MMM-YYYY", f"{one:%d-%b-%Y}"),
                ("epoch-seconds", (one - date(1970, 1, 1)) // timedelta(seconds=1)),
                ("excel-days", (one - date(1899, 12, 30)).days),
            ]
        )
    )
    assert day(written, format_) == one.isoformat()


@given(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    st.sampled_from(["epoch-seconds", "epoch-milliseconds", "excel-days", "M/D/YYYY", "YYYYMMDD"]),
)
def test_any_value_is_a_day_or_refused_by_field(value: Any, format_: str) -> None:
    try:
        found = day(value, format_)
        explained = found in {None, ""} or bool(date.fromisoformat(found))
    except InvalidMessage as error:
        explained = error.field == "day"
    assert explained
