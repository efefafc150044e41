"""The adapters of HR systems: what each published payload comes to, and what is refused."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.api import scim_answers
from shared.contracts.api.scim_answers import BulkOperation
from shared.contracts.documents.hr_sources.model import source_model
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.onboarding_event import (
    ARRIVED,
    LISTED,
    OFFBOARDED,
    ONBOARDED,
    Envelope,
    read_request,
)
from shared.domain.errors import InvalidMessage, TooLarge
from shared.domain.person.request import Request
from shared.hr import documents as sources_document
from shared.hr import scim
from shared.hr.adapters import translate
from shared.hr.registry import HR_KINDS
from shared.hr.translation import Translated
from tests.support.enrolments import ANNA_ID, ANNA_UPN, NOW
from tests.support.repository import ROOT

SOURCE = source_model(HR_KINDS)
EXAMPLES = ROOT / "docs/examples/hr"
PAYLOADS = ROOT / "tests/events/hr"
SOURCES = {
    source.name: source
    for file in EXAMPLES.glob("*.yaml")
    for source in sources_document.read(file.read_bytes())
}


def payload(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def source(kind: str, **more: Any) -> Source:
    return SOURCE.model_validate_json(
        json.dumps({"name": "hr", "kind": kind, "authentication": "key", **more})
    )


def mapped(**expressions: Any) -> Source:
    return source("mapped", mapping=expressions)


def translated(from_: str | Source, value: Any) -> Translated:
    return translate(SOURCES[from_] if isinstance(from_, str) else from_, value, NOW)


def said(found: Translated) -> list[tuple[str, dict[str, Any]]]:
    """Type and data of each event, without who acts and why."""
    return [
        (one["type"], {k: v for k, v in one["data"].items() if k not in {"actor", "reason"}})
        for one in found.events
    ]


def refused(from_: str | Source, value: Any) -> InvalidMessage:
    with pytest.raises(InvalidMessage) as raised:
        translated(from_, value)
    return raised.value


def requests(found: Translated) -> list[Request]:
    return [read_request(json.dumps(dict(one)), Envelope(1, NOW), NOW) for one in found.events]


@pytest.mark.parametrize(
    ("name", "sent", "events"),
    [
        ("scim", "scim-user", [(ONBOARDED, {"employeeId": "701984"})]),
        (
            "scim",
            "scim-bulk-entra",
            [
                (LISTED, {"employeeId": "701984", "effectiveDate": "2021-05-01"}),
                (OFFBOARDED, {"employeeId": "701985"}),
            ],
        ),
        (
            "scim",
            "scim-bulk-rfc",
            [
                (LISTED, {"userPrincipalName": "alice@contoso.test"}),
                (OFFBOARDED, {"objectId": "5d8d29d3-342c-4b5f-8683-a3cb6763ffcd"}),
                (OFFBOARDED, {"objectId": "e9025315-6bea-44e1-899c-1e07454e468b"}),
            ],
        ),
        ("joiners", "lifecycle-workflows", [(ONBOARDED, {"objectId": ANNA_ID})]),
        ("leavers", "lifecycle-workflows", [(OFFBOARDED, {"objectId": ANNA_ID})]),
        ("bamboohr", "bamboohr-created", [(ONBOARDED, {"employeeId": "67890"})]),
        ("bamboohr", "bamboohr-updated", []),
        ("bamboohr", "bamboohr-deleted", [(OFFBOARDED, {"employeeId": "67890"})]),
        (
            "bamboohr-fields",
            "bamboohr-fields",
            [
                (ONBOARDED, {"employeeId": "4711", "effectiveDate": "2026-03-16"}),
                (OFFBOARDED, {"employeeId": "4712", "effectiveDate": "2020-01-01"}),
            ],
        ),
        ("arrivals", "event-grid", [(ARRIVED, {"objectId": ANNA_ID})]),
        (
            "deel",
            "deel",
            [(ONBOARDED, {"userPrincipalName": ANNA_UPN, "effectiveDate": "2026-03-16"})],
        ),
        ("personio", "personio", [(ONBOARDED, {"employeeId": "67890"})]),
        (
            "successfactors",
            "successfactors",
            [
                (ONBOARDED, {"employeeId": "4711", "effectiveDate": "2026-03-16"}),
                (OFFBOARDED, {"employeeId": "4712", "effectiveDate": "2014-01-01"}),
            ],
        ),
        (
            "workday",
            "workday",
            [
                (ONBOARDED, {"employeeId": "4711", "effectiveDate": "2026-03-16"}),
                (OFFBOARDED, {"employeeId": "4712", "effectiveDate": "2026-02-28"}),
            ],
        ),
    ],
)
def test_each_published_payload_comes_to_these_events(
    name: str, sent: str, events: list[tuple[str, dict[str, Any]]]
) -> None:
    found = translated(name, payload(sent))
    assert said(found) == events
    # And the function that enrols people takes them as they are.
    assert [one.cause.actor for one in requests(found)] == [f"hr/{name}"] * len(events)


@pytest.mark.parametrize(
    ("name", "sent", "field"),
    [
        ("scim", "scim-bulk-rfc", "data.Operations"),
        ("bamboohr", "bamboohr-updated", "data.changedFields"),
        ("bamboohr-fields", "bamboohr-fields", "[2]."),
        ("arrivals", "event-grid", "[1].type"),
        ("workday", "workday", "[2].businessProcess"),
    ],
)
def test_what_decides_nothing_is_left_alone_with_its_place_and_the_reason(
    name: str, sent: str, field: str
) -> None:
    (left,) = translated(name, payload(sent)).left_alone
    assert left.field.startswith(field)
    assert left.reason


@pytest.mark.parametrize("name", [path.stem for path in sorted(PAYLOADS.glob("*.json"))])
def test_every_payload_is_one_that_a_test_uses(name: str) -> None:
    assert name in Path(__file__).read_text()
    assert f"`{name}.json`" in (PAYLOADS / "README.md").read_text()


def test_a_payload_sent_again_is_the_same_event_whatever_the_order_of_its_keys() -> None:
    for name, sent in [("scim", "scim-user"), ("deel", "deel"), ("workday", "workday")]:
        once = payload(sent)
        again = json.loads(json.dumps(once, sort_keys=True, indent=2))
        assert translated(name, once).keys == translated(name, again).keys
        assert len(set(translated(name, once).keys)) == len(translated(name, once).events)


@pytest.mark.parametrize(("name", "sent"), [("scim", "scim-user"), ("scim", "scim-bulk-entra")])
def test_what_its_sender_calls_nothing_is_the_same_event_for_a_minute(name: str, sent: str) -> None:
    """A retry is a copy; who left, came back and leaves again in the same words has left."""
    at_once, later = (
        translate(SOURCES[name], payload(sent), NOW.replace(second=0) + after).keys
        for after in (timedelta(seconds=30), timedelta(minutes=2))
    )
    assert at_once == translate(SOURCES[name], payload(sent), NOW.replace(second=0)).keys
    assert set(at_once).isdisjoint(later)


def test_created_and_updated_of_one_person_are_different_events_of_which_one_asks_for_them() -> (
    None
):
    created = translated("bamboohr", payload("bamboohr-created"))
    hired = payload("bamboohr-updated")
    hired["data"]["changedFields"] = ["hiredate", "firstName"]
    updated = translated("bamboohr", hired)
    assert [kind for kind, _ in said(updated)] == [ARRIVED]
    assert set(created.keys).isdisjoint(updated.keys)


def test_the_workflow_waits_for_its_callback_at_the_path_that_it_gave() -> None:
    sent = payload("lifecycle-workflows")
    found = translated("joiners", sent)
    (callback,) = found.callbacks
    assert (callback.event_key,) == found.keys
    assert callback.callback_path == sent["data"]["callbackUriPath"]
    assert callback.deadline == NOW + timedelta(minutes=25)
    assert translated("leavers", sent).callbacks[0].action == "offboard"


def test_a_workflow_that_does_not_wait_gets_no_callback() -> None:
    sent = payload("lifecycle-workflows")
    del sent["data"]["callbackUriPath"]
    assert translated("joiners", sent).callbacks == ()


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/identityGovernance/lifecycleWorkflows/workflows/1/tasks/2/resume",
        "@evil.example/identityGovernance/lifecycleWorkflows/resume",
        "//evil.example/resume",
        "/users/a22a0000-0000-0000-0000-00000000000a/resume",
        "/identityGovernance/lifecycleWorkflows/../../users/resume",
        "/identityGovernance/lifecycleWorkflows/workflows/1/tasks/2/taskProcessingResults/../resume",
        "/identityGovernance/lifecycleWorkflows/workflows/1/tasks/2/taskProcessingResults/3/resume?x",
        "/identityGovernance/lifecycleWorkflows/workflows/1/tasks/2/taskProcessingResults/3/resume\n",
        "/identityGovernance/lifecycleWorkflows/workflows/1%2f/tasks/2/taskProcessingResults/3/resume",
    ],
)
def test_our_token_is_sent_to_no_address_but_a_task_of_lifecycle_workflows(path: str) -> None:
    sent = payload("lifecycle-workflows")
    sent["data"]["callbackUriPath"] = path
    assert refused("joiners", sent).field == "data.callbackUriPath"


@pytest.mark.parametrize(
    ("from_", "change", "field", "reason"),
    [
        ("scim-user", {"active": "maybe"}, "active", "true or false"),
        ("scim-user", {"schemas": ["urn:x:Group"]}, "schemas", "only users"),
        (
            "scim-user",
            {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"employeeNumber": "*"}},
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
            "match pattern",
        ),
        (
            "scim-user",
            {"urn:x:User": {"hiredate": "soon"}},
            "urn:x:User:HireDate",
            "such as 2026-09-01",
        ),
        ("bamboohr-created", {"type": None}, "type", "is missing"),
        ("bamboohr-created", {"timestamp": None}, "timestamp", "is missing"),
        ("bamboohr-created", {"timestamp": "2026-01-31T18:42:00"}, "timestamp", "with its zone"),
        ("bamboohr-created", {"data": {}}, "data.employeeId", "is missing"),
        ("bamboohr-created", {"data": {"employeeId": "(1)"}}, "data.employeeId", "match pattern"),
        ("bamboohr-created", {"data": {"employeeId": ["1"]}}, "data.employeeId", "write text"),
        ("bamboohr-created", {"employees": []}, "employees", "field-based"),
        ("lifecycle-workflows", {"data": {}}, "data.taskProcessingResult.id", "is missing"),
        ("deel", {"data": {}}, "data.meta.event_type", "is missing"),
        ("deel", {"timestamp": "today"}, "timestamp", "such as"),
    ],
)
def test_broken_input_is_refused_in_the_senders_own_words(
    from_: str, change: dict[str, Any], field: str, reason: str
) -> None:
    names = {"scim-user": "scim", "bamboohr-created": "bamboohr", "lifecycle-workflows": "joiners"}
    error = refused(names.get(from_, from_), payload(from_) | change)
    assert (error.field, reason in error.reason) == (field, True), str(error)


@pytest.mark.parametrize("name", sorted(SOURCES))
@pytest.mark.parametrize("value", [None, 7, "text", [], [7], {}, True], ids=repr)
def test_what_is_no_message_at_all_is_refused_by_field_or_left_alone(name: str, value: Any) -> None:
    try:
        explained = not translated(name, value).events
    except InvalidMessage as error:
        explained = bool(error.field and error.reason)
    assert explained


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=9), inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "timestamp", "data", "id", "userName", "active", "Operations", "method"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(SOURCES)), JSON)
def test_any_json_is_taken_left_alone_or_refused_by_field(name: str, value: Any) -> None:
    try:
        found = translated(name, value)
        explained = found.keys == translated(name, json.loads(json.dumps(value))).keys
    except InvalidMessage as error:
        explained = bool(error.field and error.reason)
    assert explained


def test_a_value_deeper_than_the_stack_is_refused() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = {"a": deep}
    assert refused("scim", {"userName": ANNA_UPN, "deep": deep}).field == "(body)"


def test_scim_looks_for_the_user_name_where_the_source_says_so() -> None:
    by_name = source("scim", match="userPrincipalName")
    (event,) = said(translated(by_name, payload("scim-user")))
    assert event == (ONBOARDED, {"userPrincipalName": "bjensen@contoso.test"})
    assert refused(by_name, {"userName": "bjensen"}).field == "userName"


def test_attribute_names_of_scim_are_compared_without_regard_to_case() -> None:
    sent = {"USERNAME": ANNA_UPN, "Active": "FALSE"}
    assert said(translated("scim", sent)) == [(OFFBOARDED, {"userPrincipalName": ANNA_UPN})]


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        ({"method": "POST", "path": "/Groups", "data": {}}, "path: write /Users"),
        ({"method": "GET", "path": "/Users"}, "method: write POST"),
        ({"method": "DELETE", "path": "/Users"}, "path: write /Users/ID"),
        ({"method": "DELETE", "path": "/Users/bulkId:qwerty"}, "path: references"),
        ({"method": "POST", "path": "/Users"}, "data: write an object"),
        ({"method": "PATCH", "path": "/Users/1", "data": {}}, "data.Operations: write a list"),
        ({"path": "/Users"}, "method: is missing"),
        (7, "(operation): write an object"),
    ],
)
def test_an_operation_that_cannot_be_done_is_answered_by_itself(
    operation: Any, problem: str
) -> None:
    good = {"method": "DELETE", "path": "/Users/4711", "bulkId": "b"}
    outcomes = list(scim.translate_bulk(SOURCES["scim"], {"Operations": [operation, good]}, NOW))
    assert str(outcomes[0].problem).startswith(problem)
    assert outcomes[1].event is not None
    assert outcomes[1].bulk_id == "b"


def test_each_operation_of_a_bulk_request_is_answered_in_scim_s_words() -> None:
    problem = InvalidMessage("path", "write /Users")
    answers = scim_answers.bulk_answer(
        [
            BulkOperation(method="POST", bulk_id=None, problem=problem),
            BulkOperation(method="DELETE", bulk_id="b", key="k"),
            BulkOperation(method="PATCH", bulk_id=None),
        ],
        "https://app/api/events",
    )["Operations"]
    assert answers[0]["status"] == "400"
    assert answers[0]["response"]["scimType"] == "invalidValue"
    assert answers[1:] == [
        {
            "method": "DELETE",
            "bulkId": "b",
            "status": "202",
            "location": "https://app/api/events/k",
        },
        {"method": "PATCH", "status": "204"},
    ]


def test_a_bulk_request_that_is_but_tried_tells_which_operation_is_wrong() -> None:
    good = {"method": "DELETE", "path": "/Users/4711"}
    error = refused("scim", {"Operations": [good, good | {"path": "/Groups/1"}]})
    assert (error.field, "only users" in error.reason) == ("Operations[1].path", True)


@pytest.mark.parametrize("field", ["method", "bulkId", "path"])
def test_half_a_character_is_refused_where_it_stands_and_not_repeated(field: str) -> None:
    operation = {"method": "DELETE", "path": "/Users/4711", field: "\ud800"}
    outcomes = list(scim.translate_bulk(SOURCES["scim"], {"Operations": [operation]}, NOW))
    assert str(outcomes[0].problem).startswith(f"{field}: holds half a character")
    assert "\ud800" not in f"{outcomes[0].problem}{outcomes[0].bulk_id}{outcomes[0].method}"


def test_a_bulk_request_ends_after_as_many_errors_as_it_allows() -> None:
    operations = [7, 7, {"method": "DELETE", "path": "/Users/1"}]
    sent = {"failOnErrors": 2, "Operations": operations}
    assert len(list(scim.translate_bulk(SOURCES["scim"], sent, NOW))) == 2
    assert len(list(scim.translate_bulk(SOURCES["scim"], sent | {"failOnErrors": 3}, NOW))) == 3


def test_more_than_a_thousand_at_once_are_too_many() -> None:
    everybody = mapped(events="people", employeeId="id")
    with pytest.raises(TooLarge):
        translated(everybody, {"people": [{"id": n} for n in range(1001)]})
    with pytest.raises(TooLarge):
        list(scim.translate_bulk(SOURCES["scim"], {"Operations": [7] * 1001}, NOW))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-09-01", "2026-09-01"),
        ("2026-09-01T23:30:00-05:00", "2026-09-01"),
        ("/Date(1388534400000)/", "2014-01-01"),
        ("/Date(1388534400000+0000)/", "2014-01-01"),
        (None, None),
        ("", None),
    ],
)
def test_a_date_may_be_written_as_senders_do(written: str | None, meant: str | None) -> None:
    dated = mapped(employeeId="id", effectiveDate="day")
    ((_, data),) = said(translated(dated, {"id": 4711, "day": written}))
    assert data.get("effectiveDate") == meant


def test_a_mapping_sees_the_whole_body_from_within_each_event() -> None:
    both = mapped(events="people", employeeId="id", action="_body.kind", actions={"new": "onboard"})
    found = translated(both, {"kind": "new", "people": [{"id": "1"}, {"id": "2"}]})
    assert [data["employeeId"] for _, data in said(found)] == ["1", "2"]


def test_true_and_false_may_stand_for_joining_and_leaving() -> None:
    active = mapped(
        employeeId="id", action="active", actions={"true": "onboard", "false": "offboard"}
    )
    found = [said(translated(active, {"id": "1", "active": each}))[0][0] for each in (True, False)]
    assert found == [ONBOARDED, OFFBOARDED]


def test_different_events_that_are_called_the_same_are_refused_and_copies_are_not() -> None:
    batched = mapped(events="people", employeeId="number", id="_body.batch")
    anna, berta = {"number": "1"}, {"number": "2"}
    found = translated(batched, {"batch": "7", "people": [anna, anna, berta]})
    (error,) = found.refused
    assert (error.field, "that of [0]" in error.reason) == ("[2]._body.batch", True)
    assert [data["employeeId"] for _, data in said(found)] == ["1", "1"]
    assert len(set(translated(batched, {"batch": "7", "people": [anna, anna]}).keys)) == 1


def test_an_event_about_nobody_names_the_expressions_that_found_nobody() -> None:
    error = refused(mapped(employeeId="who.number", userPrincipalName="who.mail"), {"x": 1})
    assert error.field == "who.mail or who.number"


def test_an_expression_that_cannot_cope_is_named_without_the_value() -> None:
    error = refused(mapped(employeeId="to_string(join('', name))"), {"name": "s3cret"})
    assert error.field == "to_string(join('', name))"
    assert "s3cret" not in error.reason


@pytest.mark.parametrize(
    ("expression", "sent"),
    [
        ("grade > `3`", '{"id": "1", "grade": "A"}'),
        ("ceil(grade) == `1`", '{"id": "1", "grade": 1e999}'),
        ("floor(grade) == `1`", '{"id": "1", "grade": NaN}'),
    ],
)
def test_a_value_of_another_kind_than_an_expression_expects_is_refused_by_it(
    expression: str, sent: str
) -> None:
    assert refused(mapped(employeeId="id", when=expression), json.loads(sent)).field == expression


def test_an_action_that_no_word_stands_for_is_refused() -> None:
    assert (
        refused(mapped(employeeId="id", action="kind"), {"id": "1", "kind": "hired"}).field
        == "kind"
    )


def test_the_time_is_when_it_happened_and_the_arrival_s_seven_digits_are_understood() -> None:
    (event,) = translated("arrivals", payload("event-grid")).events
    assert datetime.fromisoformat(event["time"]) == datetime(2026, 2, 24, 22, 24, 31, 306290, UTC)


def test_the_handshake_of_event_grid_is_not_an_event() -> None:
    from shared.hr.event_grid import validation_code

    assert (
        validation_code(payload("event-grid-validation")) == "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"
    )
    assert validation_code(payload("event-grid")) is None
