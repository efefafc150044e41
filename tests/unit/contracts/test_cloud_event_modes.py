"""CloudEvents in binary mode come to the same as in structured mode, over HTTP and AMQP."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.messages.cloud_event_modes import (
    attributes_of_headers,
    attributes_of_properties,
    in_structured_mode,
)
from shared.contracts.messages.onboarding_event import (
    ARRIVED,
    OFFBOARDED,
    ONBOARDED,
    Envelope,
    read_request,
)
from shared.domain.errors import InvalidMessage
from tests.support.enrolments import NOW

DATA: dict[str, Any] = {"employeeId": "4711"}
PREFIXES = ["cloudEvents:", "cloudEvents_", "CLOUDEVENTS:", "ce-", "ce_"]
ids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=100)


def attributes(kind: str, identity: str = "1001", source: str = "hr") -> dict[str, str]:
    return {"specversion": "1.0", "type": kind, "id": identity, "source": source}


def structured(kind: str, identity: str = "1001", source: str = "hr") -> bytes:
    return json.dumps(attributes(kind, identity, source) | {"data": DATA}).encode()


@given(st.sampled_from([ONBOARDED, OFFBOARDED, ARRIVED]), ids, ids, st.sampled_from(PREFIXES))
def test_properties_beside_the_data_say_what_a_structured_event_says(
    kind: str, identity: str, source: str, prefix: str
) -> None:
    said = attributes(kind, identity, source)
    properties = {f"{prefix}{name}": value for name, value in said.items()} | {"other": 1}
    body = in_structured_mode(attributes_of_properties(properties), json.dumps(DATA).encode())
    whole = structured(kind, identity, source)
    assert read_request(body, Envelope(), NOW) == read_request(whole, Envelope(), NOW)


@given(st.sampled_from([ONBOARDED, OFFBOARDED, ARRIVED]), ids)
def test_headers_beside_the_data_are_percent_decoded_and_say_the_same(
    kind: str, identity: str
) -> None:
    said = attributes(kind, identity)
    headers = {f"Ce-{name.title()}": quote(value) for name, value in said.items()}
    headers["Content-Type"] = "application/json; charset=utf-8"
    found = attributes_of_headers(headers)
    body = in_structured_mode(found, json.dumps(DATA).encode(), headers["Content-Type"])
    whole = structured(kind, identity)
    assert read_request(body, Envelope(), NOW) == read_request(whole, Envelope(), NOW)


@given(
    st.dictionaries(st.text(max_size=20), st.text(max_size=20), min_size=1, max_size=6),
    st.binary(max_size=60),
    st.sampled_from([None, "application/json", "application/cloudevents+json", "text/plain"]),
)
def test_no_attributes_and_no_body_make_it_raise(
    said: dict[str, str], body: bytes, content_type: str | None
) -> None:
    assert isinstance(in_structured_mode(said, body, content_type), bytes)


@given(st.binary(max_size=200))
def test_a_body_without_attributes_beside_it_stays_as_it_is(body: bytes) -> None:
    assert attributes_of_properties({"Diagnostic-Id": "00-1", "ssprReturns": "1"}) == {}
    assert in_structured_mode({}, body, "application/json") == body


@pytest.mark.parametrize(
    ("missing", "field"),
    [("specversion", "specversion"), ("type", "type"), ("id", "id"), ("source", "source")],
)
def test_an_attribute_that_is_missing_is_refused_by_its_name(missing: str, field: str) -> None:
    said = attributes(OFFBOARDED)
    del said[missing]
    with pytest.raises(InvalidMessage) as refused:
        read_request(in_structured_mode(said, json.dumps(DATA).encode()), Envelope(), NOW)
    assert refused.value.field == field


def test_attributes_beside_a_structured_event_may_repeat_it_and_not_contradict_it() -> None:
    body, kind = structured(ONBOARDED), "application/cloudevents+json; charset=UTF-8"
    assert in_structured_mode({"type": ONBOARDED, "id": "1001"}, body, kind) == body
    for contradiction in ({"type": OFFBOARDED}, attributes(OFFBOARDED)):
        contradicted = in_structured_mode(contradiction, body, kind)
        with pytest.raises(InvalidMessage):
            read_request(contradicted, Envelope(), NOW)


def test_attributes_beside_a_batch_are_no_ones() -> None:
    batch = b"[" + structured(ONBOARDED) + b"]"
    kind = "application/cloudevents-batch+json"
    with pytest.raises(InvalidMessage):
        read_request(
            in_structured_mode({"type": OFFBOARDED, "specversion": "1.0"}, batch, kind),
            Envelope(),
            NOW,
        )
