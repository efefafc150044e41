"""Numbers as the directory has them: whole, padded, with the prefix from there, or refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.documents.hr_sources.meaning import EmployeeIds
from shared.domain.errors import InvalidMessage
from shared.hr.adapters import translate
from shared.hr.employee_ids import employee_id_of
from shared.hr.sent_part import SentPart
from tests.support.enrolments import NOW
from tests.support.hr_sources import hr_source
from tests.support.repository import ROOT

NUMBERS = json.loads((ROOT / "tests/events/hr/meaning/numbers.json").read_text())


def made(value: Any, **rules: Any) -> str | None:
    return employee_id_of(SentPart("id", value), EmployeeIds(**rules) if rules else None)


@pytest.mark.parametrize(
    ("value", "rules", "known_as"),
    [
        ("4711", {}, "4711"),
        (4711, {}, "4711"),
        (100020.0, {}, "100020"),
        ("100020.0", {}, "100020"),
        ("100020.00", {"pad": 8}, "00100020"),
        ("4711", {"pad": 7}, "0004711"),
        (4711, {"pad": 7}, "0004711"),
        ("12345678", {"pad": 7}, "12345678"),
        ("A-4711", {"pad": 7}, "A-4711"),
        ("E-4711", {"strip": ["E-"]}, "4711"),
        ("e-4711", {"strip": ["C-", "E-"], "pad": 7}, "0004711"),
        ("E-", {"strip": ["E-"]}, "E-"),
        ("4711", {"add": "E-"}, "E-4711"),
        ("E-4711", {"add": "E-"}, "E-4711"),
        ("e-4711", {"add": "E-", "pad": 6}, "E-004711"),
        ("emp4711", {"strip": ["emp"], "add": "E-", "pad": 5}, "E-04711"),
        (" 4711 ", {"pad": 5}, "04711"),
        ("", {"pad": 5}, None),
        (None, {"add": "E-"}, None),
    ],
)
def test_a_number_becomes_the_one_that_the_directory_has(
    value: Any, rules: dict[str, Any], known_as: str | None
) -> None:
    assert made(value, **rules) == known_as


@pytest.mark.parametrize(
    ("value", "rules", "reason"),
    [
        ("3332883854254932743", {}, "has 19 characters; Entra's employeeId holds 16"),
        ("123456789012345", {"add": "E-"}, "has 17 characters"),
        (4.5, {}, "no whole number"),
        (1e300, {}, "no whole number"),
        ("1.00E+05", {}, "rounded"),
        (True, {}, "write text"),
        (["4711"], {}, "write text"),
    ],
)
def test_what_is_no_number_of_the_directory_s_is_refused_by_name(
    value: Any, rules: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InvalidMessage, match=reason) as caught:
        made(value, **rules)
    assert caught.value.field == "id"


def test_each_record_of_an_export_stands_by_itself() -> None:
    mapping = {"employeeId": "id", "action": "'onboard'"}
    found = translate(hr_source(mapping, employeeIds={"strip": "E-", "pad": 7}), NUMBERS, NOW)
    known_as = [one["data"]["employeeId"] for one in found.events]
    assert known_as == [f"000471{number}" for number in range(1, 7)]
    assert [one.index for one in found.refused] == [6, 7, 8]


@given(
    number=st.integers(0, 10**9),
    pad=st.none() | st.integers(2, 16),
    add=st.none() | st.sampled_from(["E-", "emp"]),
)
def test_what_has_been_made_stays_and_keeps_its_digits(
    number: int, pad: int | None, add: str | None
) -> None:
    rules = {name: one for name, one in {"pad": pad, "add": add}.items() if one}
    try:
        once = made(number, **rules)
    except InvalidMessage:
        assert len(add or "") + max(pad or 0, len(str(number))) > 16
        return
    assert once is not None
    assert made(once, **rules) == once
    assert int(once.removeprefix(add or "")) == number
