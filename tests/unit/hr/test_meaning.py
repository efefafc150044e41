"""Who joins and who is but listed, and where a day begins: as the source's file says it."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.hr.sources import brakes_of
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.onboarding_event import (
    LISTED,
    OFFBOARDED,
    ONBOARDED,
    Envelope,
    read_request_object,
)
from shared.domain.errors import InvalidMessage
from shared.domain.person.brake import QUEUE, Brake, Rate
from shared.hr.adapters import receive, translate
from tests.support.enrolments import NOW
from tests.support.hr_sources import hr_source
from tests.support.repository import ROOT

PAYLOADS = ROOT / "tests/events/hr/meaning"
MEANS = {ONBOARDED: "joins", OFFBOARDED: "leaves", LISTED: "listed"}
REPORT = {"events": "Report_Entry", "employeeId": "Employee_ID", "effectiveDate": "Hire_Date"}


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def meanings(from_: Source, value: Any, now: datetime = NOW) -> list[str]:
    return [MEANS[one["type"]] for one in translate(from_, value, now).events]


@pytest.mark.parametrize(
    ("more", "joins"),
    [
        ({}, ["listed", "joins", "joins", "listed"]),
        ({"joins": {"hiredSince": "2026-03-01"}}, ["listed", "joins", "listed", "listed"]),
        ({"joins": {"hiredSince": "13y"}}, None),
        ({"joins": {"hiredSince": "366d"}}, ["listed", "joins", "joins", "listed"]),
        ({"joins": {"startsWithin": "10d"}}, ["listed", "listed", "joins", "listed"]),
        ({"joins": {"startsWithin": "P2W"}}, ["listed", "joins", "joins", "listed"]),
        (
            {"joins": {"startsWithin": "2w", "hiredSince": "2026-03-01"}},
            ["listed", "joins", "listed", "listed"],
        ),
    ],
)
def test_of_a_report_of_everybody_those_join_whose_first_day_says_so(
    more: dict[str, Any], joins: list[str] | None
) -> None:
    if joins is None:
        with pytest.raises(ValueError, match="such as 30d"):
            hr_source(REPORT, **more)
        return
    assert meanings(hr_source(REPORT, **more), payload("report-of-everybody")) == joins


@pytest.mark.parametrize(
    ("word", "joins", "meant"),
    [
        ("Hire", None, "joins"),
        ("Hire", {"hiredSince": "2026-01-01"}, "listed"),
        ("Data Change", None, "listed"),
        ("Terminate", {"hiredSince": "2026-01-01"}, "leaves"),
    ],
)
def test_a_word_of_the_sender_s_is_believed_and_days_are_asked_for_beside_it(
    word: str, joins: dict[str, str] | None, meant: str
) -> None:
    words = {"Hire": "onboard", "Data Change": "list", "Terminate": "offboard"}
    mapping = {"employeeId": "id", "effectiveDate": "day", "action": "what", "actions": words}
    more = {"joins": joins} if joins else {}
    record = {"id": "1", "day": "2014-03-01", "what": word}
    assert meanings(hr_source(mapping, **more), record) == [meant]


def test_a_hundred_who_were_hired_in_2014_are_listed_and_counted() -> None:
    workers = [{"Employee_ID": str(n), "Hire_Date": "2014-03-01"} for n in range(100)]
    found = translate(hr_source(REPORT), {"Report_Entry": workers}, NOW)
    assert (len(found.events), found.listed) == (100, 100)


def test_of_a_full_upload_those_join_whose_day_says_so_and_an_update_hires_nobody() -> None:
    received = receive(hr_source(), payload("full-upload"), NOW)
    assert [MEANS[one["type"]] for one in received.events] == [
        "listed",
        "joins",
        "listed",
        "listed",
    ]
    assert len(received.left_alone) == 1
    answered: Any = received.answer
    told = [(one.bulk_id, one.is_listed) for one in answered.operations]
    assert told == [
        ("long-ago", True),
        ("begins", False),
        ("changed", True),
        ("attribute", False),
        ("unsaid", True),
    ]


HIRE = "urn:ietf:params:scim:schemas:extension:contoso:2.0:User"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"active": True}, "joins"),
        ({"active": "True"}, "joins"),
        ({}, "listed"),
        ({"active": False}, "leaves"),
        ({"active": True, HIRE: {"HireDate": "2014-03-01"}}, "listed"),
        ({HIRE: {"HireDate": "2026-03-16"}}, "joins"),
        ({HIRE: {"HireDate": "2026-03-16"}, "active": False}, "leaves"),
    ],
)
def test_a_user_who_is_written_for_the_first_time(said: dict[str, Any], meant: str) -> None:
    assert meanings(hr_source(), {"externalId": "7", "userName": "a@contoso.test", **said}) == [
        meant
    ]


def test_who_joins_by_their_day_alone_is_told_so() -> None:
    (event,) = translate(
        hr_source(REPORT), {"Report_Entry": [{"Employee_ID": "1", "Hire_Date": "2026-03-16"}]}, NOW
    ).events
    assert event["data"]["joinsByDay"] is True
    asked = read_request_object(event, Envelope(1, NOW), NOW)
    assert asked.joins_by_day


# --- where a day begins --------------------------------------------------------------------------

ZONES = {"timeZones": {"NZ": "Pacific/Auckland", "Deutschland": "Europe/Berlin"}}


def zones(from_: Source, value: Any) -> list[str | None]:
    return [one["data"].get("timeZone") for one in translate(from_, value, NOW).events]


def test_a_day_begins_by_the_record_s_zone_else_its_country_else_the_source_s() -> None:
    mapping = REPORT | {"timeZone": "Zone", "country": "Country"}
    by_place = hr_source(mapping, timeZone="Europe/Oslo", **ZONES)
    told = ["Europe/Oslo", "Pacific/Auckland", "America/Los_Angeles", None]
    assert zones(by_place, payload("report-of-everybody")) == told
    unsaid = hr_source(mapping, **ZONES)
    assert zones(unsaid, payload("report-of-everybody"))[0] is None


def test_a_user_s_own_time_zone_counts_and_one_that_nobody_knows_says_nothing() -> None:
    assert zones(hr_source(), payload("full-upload"))[:2] == ["Pacific/Auckland"] * 2
    user = {"externalId": "7", "userName": "a@contoso.test", HIRE: {"HireDate": "2026-03-16"}}
    somewhere = hr_source(timeZone="Europe/Oslo", **ZONES)
    assert zones(somewhere, user | {"timezone": "Middle Earth"}) == ["Europe/Oslo"]
    addresses = [{"country": "US"}, {"country": "nz", "primary": True}]
    assert zones(somewhere, user | {"addresses": addresses}) == ["Pacific/Auckland"]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "localtime", "Europe/berlin"])
def test_a_zone_that_nobody_knows_is_refused_by_the_sender_s_field(zone: str) -> None:
    mapping = {"employeeId": "id", "effectiveDate": "day", "timeZone": "place.zone"}
    record = {"id": "1", "day": "2026-03-16", "place": {"zone": zone}}
    with pytest.raises(InvalidMessage, match="no time zone is called so") as caught:
        translate(hr_source(mapping), record, NOW)
    assert caught.value.field == "place.zone"


def test_the_day_of_seconds_since_1970_is_that_of_the_person_s_place() -> None:
    mapping = {
        "employeeId": "id",
        "effectiveDate": "day",
        "timeZone": "zone",
        "dates": {"format": "epoch-seconds"},
    }
    midnight = int(datetime(2026, 3, 15, 11, 0, tzinfo=UTC).timestamp())
    record = {"id": "1", "day": midnight, "zone": "Pacific/Auckland"}
    (event,) = translate(hr_source(mapping), record, NOW).events
    assert event["data"]["effectiveDate"] == "2026-03-16"


DAYS = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))


@given(day=DAYS, today=DAYS, since=DAYS, within=st.integers(1, 366))
def test_whoever_joins_fits_both_days_and_everybody_else_is_listed(
    day: date, today: date, since: date, within: int
) -> None:
    rules = {"hiredSince": since.isoformat(), "startsWithin": f"{within}d"}
    mapping = {"employeeId": "id", "effectiveDate": "day"}
    now = datetime(today.year, today.month, today.day, 12, tzinfo=UTC)
    (meant,) = meanings(hr_source(mapping, joins=rules), {"id": "1", "day": day.isoformat()}, now)
    fits = day >= since and abs(day - today) <= timedelta(days=within)
    assert meant == ("joins" if fits else "listed")


# --- how many at once ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "joining", "leaving"),
    [
        ({}, Rate(50, timedelta(hours=1)), Rate(50, timedelta(hours=1))),
        ({"most": "5 in 90m"}, Rate(5, timedelta(minutes=90)), Rate(5, timedelta(minutes=90))),
        ({"most": "unlimited"}, Rate(None), Rate(None)),
        (
            {"most": "unlimited", "mostLeaving": "7 in P1DT12H"},
            Rate(None),
            Rate(7, timedelta(hours=36)),
        ),
    ],
)
def test_each_source_has_a_brake_for_those_who_join_and_one_for_those_who_leave(
    more: dict[str, Any], joining: Rate, leaving: Rate
) -> None:
    others = Brake(Rate(1), Rate(2))
    brakes = brakes_of([hr_source(**more)], others)
    assert brakes.named("hr") == Brake(joining, leaving)
    assert brakes.named(QUEUE) == others
