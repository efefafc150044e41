"""`sspr forecast`: who can reset a password on a day ahead, shown and written."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_api import Api, serving, sspr

ON = "2127-02-01"


def tally(group: str, *numbers: int) -> dict[str, Any]:
    names = ("people", "canToday", "canThen", "notKnownThen", "lose", "gain")
    return {"group": group, **dict(zip(names, numbers, strict=True))}


FOUND = {
    "today": "2126-11-29",
    "on": ON,
    "groupBy": "method",
    "whole": tally("", 1000, 700, 360, 5, 340, 0),
    "groups": [tally("mobilePhone", 600, 600, 260, 0, 340, 0), tally("none", 300, 0, 0, 0, 0, 0)],
    "losing": [{"methods": ["mobilePhone"], "people": 340}],
    "savedByOneMore": 340,
    "resetsInThirtyDays": 70,
    "callsInThirtyDays": 34.0,
    "method": None,
    "onlyMethod": None,
}
PERSON = {
    "objectId": "id-1",
    "userPrincipalName": "grace@contoso.test",
    "employeeId": None,
    "wave": "pilot",
    "methods": ["mobilePhone", "passKeySynced"],
    "today": "can",
    "then": "cannot",
    "change": "loses",
    "ended": ["mobilePhone"],
}


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as server:
        yield server


@pytest.fixture
def foretold(api: Api) -> Api:
    api.answer("forecast", (200, FOUND))
    api.answer("forecast/people", (200, {"people": [PERSON], "next": None}))
    return api


def test_the_forecast_says_who_loses_it_with_what_and_what_it_costs(foretold: Api) -> None:
    done = sspr(foretold, "forecast", "--on", ON)
    assert done.exit_code == 0
    assert "360 can on 2127-02-01 (36 %)" in done.stdout
    assert "340 lose it, 0 gain it" in done.stdout
    assert "about 34 calls more in 30 days" in done.stdout
    assert "(nothing registered)" in done.stdout
    assert foretold.paths == [f"forecast?on={ON}&groupBy=method"]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("markdown", "| mobilePhone | 600 | 600 | 260 | 340 | 0 |"),
        ("csv", "mobilePhone,600,600,260,0,340,0\n"),
    ],
)
def test_it_is_written_for_a_report_or_a_spreadsheet(
    foretold: Api, form: str, expected: str
) -> None:
    assert expected in sspr(foretold, "forecast", "--on", ON, "-o", form).stdout


def test_it_is_the_apis_json_where_that_is_asked_for(foretold: Api) -> None:
    done = sspr(foretold, "forecast", "--on", ON, "--group-by", "wave", "-o", "json")
    assert json.loads(done.stdout) == FOUND
    assert foretold.paths == [f"forecast?on={ON}&groupBy=wave"]


def test_everybody_is_written_by_name(foretold: Api, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    done = sspr(foretold, "forecast", "--on", ON, "--people", str(file))
    assert done.stderr == f"1 lines written to {file}\n"
    (row,) = csv.DictReader(file.read_text().splitlines())
    assert (row["userPrincipalName"], row["methods"], row["change"], row["ended"]) == (
        "grace@contoso.test",
        "mobilePhone passKeySynced",
        "loses",
        "mobilePhone",
    )


def test_everybody_of_an_app_that_answers_by_the_page_is_not_taken_for_all(
    foretold: Api, tmp_path: Path
) -> None:
    """Given an app older than this sspr, then no file is written of its first page."""
    foretold.answer("forecast/people", (200, {"people": [PERSON], "nextPage": 1}))
    file = tmp_path / "people.csv"
    done = sspr(foretold, "forecast", "--on", ON, "--people", str(file))
    assert (done.exit_code, file.exists()) == (4, False)
    assert "lacks `next`" in done.stderr


@pytest.mark.parametrize("day", ["tomorrow", "2020-01-01", "2127-02-30"])
def test_a_day_that_is_none_or_over_is_refused_before_the_app_is_asked(api: Api, day: str) -> None:
    done = sspr(api, "forecast", "--on", day)
    assert done.exit_code == 2
    assert "write" in done.stderr
    assert api.paths == []


def test_the_forecast_of_those_with_certain_methods_asks_the_app_for_these(api: Api) -> None:
    api.answer("forecast", (200, FOUND | {"method": "sms,voice", "onlyMethod": "sms"}))
    api.answer("forecast/people", (200, {"people": [PERSON], "next": None}))
    words = ["--method", "sms", "--method", "voice", "--only-method", "sms"]
    done = sspr(api, "forecast", "--on", ON, *words, "--people", "-")
    assert done.exit_code == 0
    assert [path.partition("?")[2].split("&")[-2:] for path in api.paths] == [
        ["method=sms%2Cvoice", "onlyMethod=sms"]
    ] * 2
    assert "who have registered sms or voice and of whom only sms counts today" in done.stderr
    assert "--method sms --method voice --only-method sms --people people.csv" in done.stderr
