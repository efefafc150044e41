"""An HR system's export is taken as it comes; what is not certain is asked for or refused."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.events_file import InvalidEvents, read_events
from cli.hr_export.dates import DateOrder, day_of, order_in
from cli.hr_export.mapping import ColumnMapping, read_mapping, written
from tests.support.cli_api import Api, serving, sspr
from tests.support.repository import ROOT

CASES = ROOT / "tests/events/hr/csv"
START = "2027-02-01"
HIRED = {"employeeId": "100260", "effectiveDate": START}
WHO = {"employeeId": "100260"}
VENDOR = ("--column", "Hire Date=effectiveDate", "--column", "Work Email=userPrincipalName")
NAMES = ("--ignore", "First Name", "--ignore", "Last Name")

TAKEN: list[tuple[str, tuple[str, ...], list[dict[str, str]]]] = [
    ("plain.csv", (), [{"employeeId": "000123", "effectiveDate": START, "action": "onboard"}]),
    ("case.csv", (), [HIRED]),
    ("cp1252.csv", (), [{**WHO, "reason": "Jürgen"}]),
    ("cr-only.csv", (), [{**HIRED, "employeeId": "100264"}]),
    ("datetime.csv", (), [HIRED, {**HIRED, "employeeId": "100261"}]),
    ("dotted.csv", (), [HIRED]),
    ("dup.csv", (), [{**HIRED, "employeeId": "100266"}] * 2),
    ("epoch.csv", (), [HIRED]),
    ("extra.csv", ("--ignore", "department"), [HIRED]),
    ("formula.csv", (), [{"employeeId": "000123", "reason": "x"}]),
    (
        "hr-export.csv",
        (*VENDOR, *NAMES),
        [{**HIRED, "userPrincipalName": "ana@contoso.test"}],
    ),
    ("nbsp.csv", (), [{"employeeId": "100263"}]),
    ("quotes-nl.csv", (), [{**WHO, "reason": "line1\nline2, with comma"}]),
    ("semicolon-bom.csv", (), [{**HIRED, "reason": "Jürgen"}]),
    ("sep.csv", (), [HIRED]),
    ("totals.csv", (), [HIRED]),
    ("trailing-sep.csv", (), [HIRED]),
    ("utf16-excel.csv", (), [HIRED]),
    ("zero.csv", (), [{"employeeId": "100262"}]),
    ("ddmmyyyy.csv", ("--dates", "day-first"), [HIRED]),
    ("ddmmyyyy.csv", ("--dates", "month-first"), [{**WHO, "effectiveDate": "2027-01-02"}]),
    ("excel-serial.csv", ("--dates", "excel"), [HIRED]),
]
REFUSED = {
    "action-words.csv": "line 2, action: neither onboard nor offboard",
    "blank-id.csv": "line 2, (body): give userPrincipalName, employeeId or objectId",
    "ddmmyyyy.csv": "line 2, effectiveDate: day or month first?",
    "excel-serial.csv": "line 2, effectiveDate: a number of days, as Excel counts them?",
    "excel.xlsx": "an Excel workbook; save it as `CSV UTF-8` first",
    "extra.csv": "line 1, department: no such column is known",
    "headerless.csv": "line 1: values, and no headings",
    "hr-export.csv": "line 1, Hire Date: no such column is known",
    "sci.csv": "line 2, employeeId: a number that Excel has rounded",
}


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as api:
        api.answer("events", (202, "keys"))
        yield api


def copied(name: str, folder: Path) -> str:
    (folder / name).write_bytes((CASES / name).read_bytes())
    return str(folder / name)


def foreseen(file: str, *options: str) -> dict[str, Any]:
    done = sspr(None, "inject", "--file", file, "--dry-run", "-o", "json", *options)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_case_has_its_outcome() -> None:
    assert {name for name, *_ in TAKEN} | REFUSED.keys() == {one.name for one in CASES.iterdir()}


@pytest.mark.parametrize(("name", "options", "events"), TAKEN)
def test_what_is_certain_is_taken(
    tmp_path: Path, name: str, options: tuple[str, ...], events: list[dict[str, str]]
) -> None:
    found = foreseen(copied(name, tmp_path), *options)
    assert [one["event"] for one in found["events"]] == events
    assert found["refused"] == []


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_what_is_not_certain_is_refused_with_what_to_do(
    api: Api, tmp_path: Path, name: str, reason: str
) -> None:
    done = sspr(api, "inject", "--file", copied(name, tmp_path))
    assert done.exit_code == 2
    assert reason in done.stderr
    assert api.paths == []


def test_a_line_of_totals_is_left_out_with_a_word_and_an_ignored_column_is_named(
    tmp_path: Path,
) -> None:
    assert foreseen(copied("totals.csv", tmp_path))["notes"] == [
        "line 3 left out: it counts the others"
    ]
    found = foreseen(copied("extra.csv", tmp_path), "--ignore", "department")
    assert found["notes"] == ["ignored: department"]


def test_what_the_columns_are_is_said_once_and_kept_beside_the_export(
    api: Api, tmp_path: Path
) -> None:
    file = copied("hr-export.csv", tmp_path)
    first = sspr(api, "inject", "--file", file, *VENDOR, *NAMES)
    assert first.exit_code == 0, first.output
    kept = tmp_path / "hr-export.mapping.json"
    assert f"kept in {kept}" in first.stderr
    second = sspr(api, "inject", "--file", file)
    assert second.exit_code == 0
    assert "kept in" not in second.stderr
    one, other = (post.json[0]["data"] for post in api.posts)
    assert one == other
    august = tmp_path / "august.csv"
    august.write_bytes((CASES / "hr-export.csv").read_bytes())
    assert sspr(api, "inject", "--file", str(august)).exit_code == 2
    assert sspr(api, "inject", "--file", str(august), "--mapping", str(kept)).exit_code == 0


def test_at_a_terminal_it_asks_for_each_column_and_keeps_the_answers(tmp_path: Path) -> None:
    file = copied("hr-export.csv", tmp_path)
    ours, theirs = pty.openpty()
    os.write(ours, b"\n\nstartDate\neffectiveDate\nuserPrincipalName\n")
    command = [sys.executable, "-m", "cli", "inject", "--file", file, "--dry-run", "-o", "json"]
    done = subprocess.run(  # our own command
        command, stdin=theirs, capture_output=True, timeout=60, check=False, cwd=ROOT
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    (only,) = json.loads(done.stdout)["events"]
    assert only["event"] == {**HIRED, "userPrincipalName": "ana@contoso.test"}
    assert b"there is no field startDate" in done.stderr
    assert read_mapping((tmp_path / "hr-export.mapping.json").read_bytes()) == ColumnMapping(
        columns={"Hire Date": "effectiveDate", "Work Email": "userPrincipalName"},
        ignore=("First Name", "Last Name"),
    )


def test_the_export_s_own_words_for_actions_are_said_in_the_mapping(tmp_path: Path) -> None:
    file = copied("action-words.csv", tmp_path)
    mapping = ColumnMapping(actions={"HIRE": "onboard"})
    (tmp_path / "action-words.mapping.json").write_text(written(mapping))
    (only,) = foreseen(file)["events"]
    assert only["event"] == {**WHO, "action": "onboard"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"columns": {"a": "name"}}', "columns.a"),
        ('{"columns": {"a": "reason", "b": "reason"}}', "two columns are the same field"),
        ('{"colums": {}}', "colums"),
        ("[]", "(body)"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused_by_field(
    api: Api, tmp_path: Path, text: str, problem: str
) -> None:
    file = copied("plain.csv", tmp_path)
    (tmp_path / "plain.mapping.json").write_text(text)
    done = sspr(api, "inject", "--file", file)
    assert done.exit_code == 2
    assert problem in done.stderr
    assert api.paths == []


def test_one_bad_line_stops_none_of_the_others_and_the_status_tells(api: Api) -> None:
    text = "employeeId;effectiveDate\n1;2027-02-01\n2;soon\n3;31.01.2027\n4;30.02.2027\n"
    done = sspr(api, "inject", "--file", "-", stdin=text)
    assert done.exit_code == 1
    assert "line 3, effectiveDate: no date that is understood for certain" in done.stderr
    assert "line 5, effectiveDate: there is no such day" in done.stderr
    sent = [event["data"]["employeeId"] for event in api.posts[0].json]
    assert sent == ["1", "3"]


def test_a_dry_run_shows_every_line_and_asks_nobody(api: Api) -> None:
    text = "employeeId;effectiveDate\n1;2027-02-01\n2;soon\n"
    done = sspr(api, "inject", "--file", "-", "--dry-run", stdin=text)
    assert done.exit_code == 1
    for shown in ("line 2", "onboard", START, "line 3", "refused", "nothing was sent"):
        assert shown in done.stdout
    assert api.asked == []


def test_a_column_decides_for_its_dates_where_one_can_be_read_in_one_way_only() -> None:
    assert order_in(["01/02/2027", "13/02/2027"]) is DateOrder.DAY_FIRST
    assert order_in(["01/02/2027", "02/13/2027"]) is DateOrder.MONTH_FIRST
    assert order_in(["13/02/2027", "02/13/2027"]) is None
    assert order_in(["01/02/2027"]) is None


@given(day=st.dates(date(1970, 1, 1), date(2199, 12, 31)))
def test_a_day_is_read_as_it_was_meant_or_not_at_all(day: date) -> None:
    certain = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y")
    for form in (*certain, "%Y-%m-%dT00:00:00", "%Y-%m-%d 08:00:00", "%Y-%m-%dT00:00:00Z"):
        assert day_of(day.strftime(form)) == day
    for form, order in (("%d/%m/%Y", DateOrder.DAY_FIRST), ("%m/%d/%Y", DateOrder.MONTH_FIRST)):
        assert day_of(day.strftime(form), order) == day
        try:
            assert day_of(day.strftime(form)) == day
        except ValueError:
            assert day.day <= 12
    assert day_of(str((day - date(1899, 12, 30)) // timedelta(days=1)), DateOrder.EXCEL) == day


@pytest.mark.parametrize(
    "cell", ["", "0", "null", "0001-01-01", "9999-12-31T00:00:00", "31.12.9999"]
)
def test_no_date_is_none_however_it_is_written(cell: str) -> None:
    assert day_of(cell) is None


@pytest.mark.parametrize("cell", ["2027-02-01T13:00:00Z", "1801443600", "01/02/27", "soon", "1e5"])
def test_what_could_be_another_day_is_none_that_is_taken(cell: str) -> None:
    with pytest.raises(ValueError, match=r"2027-02-01|no such day"):
        day_of(cell)


@given(content=st.binary(max_size=300), mark=st.sampled_from([b"", b"\xff\xfe", b"\xef\xbb\xbf"]))
def test_whatever_the_bytes_they_are_read_or_refused_in_words(content: bytes, mark: bytes) -> None:
    with suppress(InvalidEvents):
        found = read_events(mark + content, "export.csv", lambda _: ColumnMapping())
        assert found.entries


@given(
    text=st.text(alphabet='employeeId,;\t"\n\r=-0123456789./:ä', max_size=300),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
)
def test_a_good_line_is_taken_whatever_stands_below_it(text: str, encoding: str) -> None:
    content = f"employeeId,effectiveDate\n7,2027-02-01\n{text}".encode(encoding)
    found = read_events(content, "export.csv", lambda _: ColumnMapping())
    assert found.entries[0].value == {"employeeId": "7", "effectiveDate": START}
