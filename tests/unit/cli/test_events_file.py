"""A file of events is read whole; what in it is no event is named, and stops no other."""

import json

import pytest

from cli.events_file import EventsRead, InvalidEvents, enveloped, read_events, shown
from cli.hr_export.mapping import FIELDS, ColumnMapping
from shared.contracts.messages.onboarding_event import Envelope, event_key

ADA = {"userPrincipalName": "ada@contoso.test"}
ALAN = {"employeeId": "100003", "action": "offboard"}
CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "1",
    "source": "hr",
    "type": "io.sspr-rollout.person.onboarded.v1",
    "data": ADA,
}


def read(content: str, name: str) -> EventsRead:
    return read_events(content.encode(), name, lambda _: ColumnMapping())


def values(content: str, name: str = "-") -> list[object]:
    found = read(content, name)
    assert found.refused == []
    return [entry.value for entry in found.entries]


def complaints(content: str, name: str) -> list[str]:
    """Of a file beside whose bad places there may be good ones."""
    try:
        return [str(one) for one in read(content, name).refused]
    except InvalidEvents as refused:
        return str(refused).splitlines()


@pytest.mark.parametrize("name", ["events.jsonl", "events.NDJSON", "-"])
def test_json_lines_are_an_event_each_and_empty_lines_none(name: str) -> None:
    text = f"{json.dumps(ADA)}\r\n\n{json.dumps(ALAN)}\n"
    assert values(text, name) == [ADA, ALAN]


@pytest.mark.parametrize("name", ["events.json", "-"])
def test_a_json_document_is_a_list_of_events_or_a_single_one(name: str) -> None:
    assert values(json.dumps([ADA, CLOUD_EVENT], indent=2), name) == [ADA, CLOUD_EVENT]
    assert values(json.dumps(ADA, indent=2), name) == [ADA]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_has_the_fields_in_its_header_and_empty_cells_say_nothing(separator: str) -> None:
    rows = ["userPrincipalName,employeeId,effectiveDate,action", "ada@contoso.test,,,", ",,,"]
    rows.append(",007,2026-04-01,offboard")
    text = "\ufeff" + "\r\n".join(rows).replace(",", separator)
    assert values(text, "events.csv") == [
        ADA,
        {"employeeId": "007", "effectiveDate": "2026-04-01", "action": "offboard"},
    ]


def test_csv_from_a_pipe_is_recognised_and_a_quoted_cell_may_hold_the_separator() -> None:
    assert values('employeeId,reason\n7,"new hire, Munich"\n') == [
        {"employeeId": "7", "reason": "new hire, Munich"}
    ]


def test_the_columns_are_the_fields_of_the_contract() -> None:
    assert set(FIELDS) == {
        "userPrincipalName",
        "employeeId",
        "objectId",
        "effectiveDate",
        "timeZone",
        "reason",
        "actor",
        "action",
    }


def test_every_bad_json_line_is_named_with_line_field_and_reason() -> None:
    text = '{"employeeId": "1"}\n{"employeeId": "*"}\n{"employeeId": 7\n{"upn": "x"}\n5\n'
    found = complaints(text, "events.jsonl")
    assert [line.partition(":")[0] for line in found] == [
        "line 2, employeeId",
        "line 3, (body)",
        "line 4, upn",
        "line 5, (body)",
    ]
    assert found[1].endswith("not JSON: Expecting ',' delimiter at column 17")


def test_a_bad_event_of_a_document_is_named_by_its_number() -> None:
    assert complaints(json.dumps([ADA, {}]), "events.json") == [
        "event 2, (body): give userPrincipalName, employeeId or objectId"
    ]
    assert complaints("[\n{]", "events.json")[0].startswith("event 1, (body): not JSON")


def test_a_bad_csv_row_is_named_by_its_line_also_behind_a_cell_of_several_lines() -> None:
    text = 'employeeId,reason\n1,"two\nlines"\nx=*,\n2,a,b\n'
    found = complaints(text, "events.csv")
    assert found[0].startswith("line 4, employeeId: ")
    assert found[1] == "line 5, (row): 3 cells under 2 columns"


def test_a_quote_that_never_ends_is_named_by_its_line() -> None:
    assert complaints('employeeId\n"7', "events.csv")[-1].startswith("line 2, (row): not CSV: ")


def test_an_empty_file_and_one_that_is_not_text_are_refused() -> None:
    assert complaints("", "events.csv") == ["no event in it"]
    assert complaints("[]", "events.json") == ["no event in it"]
    for name in ("events.json", "events.jsonl"):
        with pytest.raises(InvalidEvents, match="line 2: not UTF-8"):
            read_events(b"[\n\xff]\n", name, lambda _: ColumnMapping())


def test_of_many_complaints_the_first_twenty_are_shown_and_the_others_counted() -> None:
    found = complaints("{}\n" * 25, "events.jsonl")
    assert len(found) == 21
    assert found[-1] == "and 5 more"


def test_one_bad_place_stops_no_other() -> None:
    found = read('{"employeeId": "7"}\n{}\n{"employeeId": "8"}\n', "events.jsonl")
    assert [one.place for one in found.entries] == ["line 1", "line 3"]
    assert [one.place for one in found.refused] == ["line 2"]
    assert shown(found.refused) == [str(found.refused[0])]


def test_a_plain_event_gets_an_id_of_its_own_and_the_actor_where_it_names_none() -> None:
    once, again = enveloped(ALAN, "kim"), enveloped(ALAN, "kim")
    assert once["source"] == "sspr-cli"
    assert once["type"] == "io.sspr-rollout.person.offboarded.v1"
    assert once["data"] == {"employeeId": "100003", "actor": "kim"}
    assert event_key(once, Envelope()) != event_key(again, Envelope())
    assert enveloped({**ADA, "actor": "lee"}, "kim")["data"] == {**ADA, "actor": "lee"}


def test_a_cloud_event_is_sent_as_it_is() -> None:
    assert enveloped(CLOUD_EVENT, "kim") == CLOUD_EVENT
