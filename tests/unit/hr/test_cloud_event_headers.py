"""CloudEvents in binary mode at an HR system's address: read with their headers, or refused."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.documents.hr_sources.model import source_model
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.onboarding_event import ARRIVED, OFFBOARDED, ONBOARDED
from shared.domain.errors import InvalidMessage
from shared.hr.adapters import event_tree_of, translate
from shared.hr.registry import HR_KINDS
from shared.hr.request import HrRequest
from tests.support.enrolments import NOW

UPDATED = "Microsoft.Graph.UserUpdated"
USER = "5b3e7c1e-0000-4000-8000-000000000000"
HEADERS = {
    "ce-specversion": "1.0",
    "ce-type": UPDATED,
    "ce-id": "1",
    "ce-source": "/tenants/x",
    "ce-subject": f"Users/{USER}",
    "ce-time": "2026-11-29T08:00:00Z",
    "content-type": "application/json",
}
DATA = {"resourceData": {"id": USER}}
ACTIONS = {"hired": "onboard", "left": "offboard"}


def source(kind: str = "event-grid", **more: Any) -> Source:
    fields = {"name": "s", "kind": kind, "authentication": "key", **more}
    return source_model(HR_KINDS).model_validate_json(json.dumps(fields))


MAPPED = source("mapped", mapping={"action": "type", "actions": ACTIONS, "employeeId": "data.id"})


def sent(data: Any = DATA, **headers: str | None) -> HrRequest:
    said = {**HEADERS, **{name.replace("_", "-"): one for name, one in headers.items()}}
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return HrRequest(
        body=body, headers={name: one for name, one in said.items() if one is not None}
    )


def types(told: Source, request: HrRequest) -> list[str]:
    found = translate(told, event_tree_of(told, request), NOW)
    return [one["type"] for one in found.events]


def refused(told: Source, request: HrRequest) -> str:
    with pytest.raises(InvalidMessage) as error:
        event_tree_of(told, request)
    return error.value.field


def test_a_source_of_events_reads_them_in_either_mode() -> None:
    structured = {
        **{name.removeprefix("ce-"): one for name, one in HEADERS.items() if name[:3] == "ce-"},
        "data": DATA,
    }
    assert types(source(), sent()) == [ARRIVED]
    bare = HrRequest(
        body=json.dumps(structured).encode(),
        headers={"content-type": "application/cloudevents+json"},
    )
    assert types(source(), bare) == [ARRIVED]
    batch = HrRequest(
        body=json.dumps([structured] * 2).encode(),
        headers={"content-type": "application/cloudevents-batch+json"},
    )
    assert types(source(), batch) == [ARRIVED] * 2


def test_an_event_of_another_type_is_not_taken_for_one_by_its_data() -> None:
    assert types(source(), sent(ce_type="Microsoft.Graph.UserDeleted")) == []


@pytest.mark.parametrize(("said", "comes_to"), [("hired", ONBOARDED), ("left", OFFBOARDED)])
def test_a_mapping_reads_the_type_where_structured_mode_has_it(said: str, comes_to: str) -> None:
    assert types(MAPPED, sent({"id": "7"}, ce_type=said)) == [comes_to]


def test_a_mapping_of_a_body_alone_does_not_take_the_events_own_words_for_it() -> None:
    """Its id is the event's there, and nobody's employee id."""
    bare = source("mapped", mapping={"employeeId": "id"})
    assert refused(bare, sent({"id": "7"}, ce_type="left")) == "ce-type"


def test_a_mapping_that_takes_all_events_for_one_does_not_take_a_leaver_for_one() -> None:
    all_join = source("mapped", mapping={"action": "'onboard'", "employeeId": "data.id"})
    assert refused(all_join, sent({"id": "7"}, ce_type="left")) == "ce-type"
    some = source("mapped", mapping={"when": "type == 'hired'", "employeeId": "data.id"})
    assert types(some, sent({"id": "7"}, ce_type="left")) == []


@pytest.mark.parametrize("kind", ["scim", "bamboohr", "lifecycle-workflows"])
def test_a_source_that_sends_no_events_is_refused_by_the_header(kind: str) -> None:
    assert refused(source(kind), sent()) == "ce-type"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (sent(ce_specversion="0.3"), "ce-specversion"),
        (sent(ce_specversion=None), "ce-specversion"),
        (sent(ce_type=None), "ce-type"),
        (sent(ce_type=""), "ce-type"),
        (sent(ce_id=None), "ce-id"),
        (sent(ce_source=None), "ce-source"),
        (sent(ce_data="{}"), "ce-data"),
        (
            sent(
                {"specversion": "1.0", "type": "left"}, content_type="application/cloudevents+json"
            ),
            "ce-type",
        ),
        (
            sent([{"type": "left"}], content_type="application/cloudevents-batch+json"),
            "ce-specversion",
        ),
    ],
    ids=range(9),
)
def test_what_cannot_be_read_together_is_refused_by_the_header(
    request_: HrRequest, field: str
) -> None:
    assert refused(MAPPED, request_) == field


def test_headers_that_repeat_a_whole_event_are_no_more_than_it_says() -> None:
    event = {name.removeprefix("ce-"): one for name, one in HEADERS.items() if name[:3] == "ce-"}
    request = sent(
        {**event, "data": {"id": "7"}, "type": "left"},
        ce_type="left",
        content_type="application/cloudevents+json",
    )
    assert types(MAPPED, request) == [OFFBOARDED]


def test_of_a_source_that_signs_only_signed_headers_count() -> None:
    mapping = {"action": "type", "actions": ACTIONS, "employeeId": "data.id"}
    proof = {"secret": "S", "header": "x"}
    by_body = source("mapped", authentication="hmac", hmac=proof, mapping=mapping)
    assert refused(by_body, sent({"id": "7"})) == "ce-specversion"
    signed = ".".join(f"{{header:{name}}}" for name in HEADERS if name[:3] == "ce-") + ".{body}"
    whole = {**proof, "signed": signed}
    by_all = source("mapped", authentication="hmac", hmac=whole, mapping=mapping)
    assert types(by_all, sent({"id": "7"}, ce_type="hired")) == [ONBOARDED]


NAMES = st.sampled_from(
    ["ce-type", "ce-id", "ce-source", "ce-specversion", "ce-data", "ce-time", "content-type"]
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(NAMES | st.text("ce-dataty", max_size=9), st.text(max_size=9)), st.booleans()
)
def test_whatever_the_headers_nobody_is_hired_who_was_said_to_have_left(
    headers: dict[str, str], is_whole: bool
) -> None:
    """Read as what the headers say, or refused: never as what the body alone would come to."""
    said = {**(HEADERS if is_whole else {}), **headers, "ce-type": "left"}
    request = HrRequest(
        body=b'{"id": "7"}', headers={name.lower(): one for name, one in said.items()}
    )
    with suppress(InvalidMessage):
        assert ONBOARDED not in types(MAPPED, request)
