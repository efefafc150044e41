"""Mappings: records within records, each by itself, in the sender's own words for everything."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.documents.hr_sources.model import source_model
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.onboarding_event import OFFBOARDED, ONBOARDED
from shared.domain.errors import InvalidMessage, TooLarge
from shared.hr.adapters import translate, tree_of
from shared.hr.registry import HR_KINDS
from shared.hr.translation import Translated
from tests.support.enrolments import NOW

SOURCE = source_model(HR_KINDS)


def mapped(body: dict[str, Any] | None = None, **mapping: Any) -> Source:
    fields = {"name": "hr", "kind": "mapped", "authentication": "key", "mapping": mapping}
    return SOURCE.model_validate_json(json.dumps(fields | ({"body": body} if body else {})))


def found(source: Source, value: Any) -> Translated:
    return translate(source, value, NOW)


def people(translated: Translated) -> list[str]:
    return [one["data"]["employeeId"] for one in translated.events]


NESTED = {
    "company": "c",
    "workers": [
        {"id": "1", "changes": [{"what": "hire", "day": "2027-02-01"}]},
        {"id": "2", "changes": [{"what": "leave", "day": "2027-02-01"}, {"what": "moved"}]},
        {"id": "3"},
        {"id": "4", "changes": {"what": "hire", "day": "2027-02-01"}},
    ],
}


def test_an_inner_record_sees_what_it_stands_in() -> None:
    source = mapped(
        events=["workers", "changes"],
        action="what",
        actions={"hire": "onboard", "leave": "offboard"},
        employeeId="_parent.id",
        effectiveDate="day",
        reason="join('/', [_body.company, _parent._parent.company])",
    )
    translated = found(source, NESTED)
    assert [(one["type"], one["data"]["employeeId"]) for one in translated.events] == [
        (ONBOARDED, "1"),
        (OFFBOARDED, "2"),
        (ONBOARDED, "4"),
    ]
    assert {one["data"]["reason"] for one in translated.events} == {"c/c"}
    assert [one.field for one in translated.left_alone] == ["[2].what"]


def test_two_inner_records_in_the_same_words_are_two_events() -> None:
    source = mapped(events=["a", "b"], employeeId="_parent.id")
    same = {"b": [{"what": "hire"}]}
    translated = found(source, {"a": [{"id": "1", **same}, {"id": "2", **same}]})
    assert people(translated) == ["1", "2"]
    assert len(set(translated.keys)) == 2


def test_an_inner_record_may_be_a_text_or_a_number() -> None:
    source = mapped(events=["days", "people"], employeeId="_value", effectiveDate="_parent.day")
    translated = found(source, {"days": [{"day": "2027-02-01", "people": ["1", 2]}]})
    assert people(translated) == ["1", "2"]
    assert {one["data"]["effectiveDate"] for one in translated.events} == {"2027-02-01"}


def test_a_body_that_is_a_list_is_a_list_of_events() -> None:
    assert people(found(mapped(employeeId="id"), [{"id": "1"}, {"id": "2"}])) == ["1", "2"]


def test_one_record_that_cannot_be_taken_costs_the_others_nothing() -> None:
    bad: list[Any] = [{"id": "(&)"}, 7, None, {"id": ["x"]}, {"id": "3", "day": "soon"}, []]
    good = [{"id": "1"}, {"id": "2"}]
    source = mapped(events="people", employeeId="id", effectiveDate="day")
    for place in range(3):
        records = [*good[:place], *bad, *good[place:]]
        translated = found(source, {"people": records})
        assert people(translated) == ["1", "2"]
        assert [one.index for one in translated.refused] == list(range(place, place + len(bad)))
        assert all(one.field.startswith(f"[{one.index}].") for one in translated.refused)
        assert [json.loads(one.text) for one in translated.refused] == bad


def test_a_line_of_totals_is_refused_and_the_people_are_taken() -> None:
    source = mapped(body={"format": "csv"}, employeeId='"Employee ID"', effectiveDate='"Hire Date"')
    text = b'Employee ID,Hire Date\n100260,2027-02-01\n"Total: 1"\n'
    translated = found(source, tree_of(source, text))
    assert people(translated) == ["100260"]
    (refused,) = translated.refused
    assert (refused.index, refused.text) == (1, "Total: 1")
    assert "values for 2 headings" in refused.reason


@pytest.mark.parametrize("word", ["hire", "Hire", "HIRE", " hIrE "])
def test_case_makes_no_difference_to_what_is_done(word: str) -> None:
    source = mapped(employeeId="id", action="what", actions={"HiRe": "onboard"})
    assert len(found(source, {"id": "1", "what": word}).events) == 1
    assert len(found(mapped(employeeId="id", action="what"), {"id": "1", "what": "Onboard"}).events)


@pytest.mark.parametrize(
    "nothing", ["", None, "0", 0, "0001-01-01", "0001-01-01T00:00:00", " 9999-12-31 ", "9999-12-31"]
)
def test_the_sender_s_words_for_nothing_are_nothing(nothing: Any) -> None:
    source = mapped(
        employeeId="id",
        userPrincipalName="upn",
        effectiveDate="day",
        dates={"format": "DD/MM/YYYY"},
        time="at",
        none=["0", "0001-01-01", "9999-12-31"],
    )
    (event,) = found(source, {"id": "7", "upn": nothing, "day": nothing, "at": nothing}).events
    assert event["data"] == {"employeeId": "7", "actor": "hr/hr"}
    assert "time" not in event


def test_what_is_no_declared_word_for_nothing_is_no_date() -> None:
    source = mapped(employeeId="id", effectiveDate="day", dates={"format": "DD/MM/YYYY"})
    with pytest.raises(InvalidMessage, match="not written as"):
        found(source, {"id": "7", "day": "0"})


def test_too_many_records_are_refused_wherever_they_stand() -> None:
    inner = {"b": [{"id": "1"}] * 400}
    with pytest.raises(TooLarge):
        found(mapped(events=["a", "b"], employeeId="id"), {"a": [inner] * 3})
    with pytest.raises(TooLarge):
        found(mapped(employeeId="id"), [{"id": "1"}] * 1_001)
    with pytest.raises(TooLarge):
        found(mapped(events=["a", "b"], employeeId="id"), {"a": [{}] * 10_001})


RECORDS = st.lists(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "day", "at", "b", "x"]), inner, max_size=4)
        ),
        max_leaves=8,
    ),
    max_size=6,
)


@given(RECORDS, st.integers(0, 6))
def test_beside_whatever_else_a_good_record_is_taken(others: list[Any], place: int) -> None:
    good = {"id": "good-1", "day": "01/02/2027", "b": [{}]}
    records = [*others[:place], good, *others[place:]]
    for levels in (["a"], ["a", "b"]):
        who = "id" if len(levels) == 1 else "_parent.id"
        source = mapped(
            events=levels,
            employeeId=who,
            effectiveDate="day",
            dates={"format": "DD/MM/YYYY"},
            time="at",
            none=["0"],
        )
        translated = found(source, {"a": records})
        assert "good-1" in people(translated)
        for one in translated.refused:
            assert one.field
            assert one.reason
            one.text.encode()
