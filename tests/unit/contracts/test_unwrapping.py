"""Unwrapping: what a message means, whatever its sender's library has put it into."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.messages.message_properties import with_properties
from shared.contracts.messages.onboarding_event import ARRIVED, OFFBOARDED, ONBOARDED, Envelope
from shared.contracts.messages.onboarding_event import read_request_object as read
from shared.contracts.messages.unwrapping import open_body, open_element
from shared.domain.errors import InvalidMessage
from shared.domain.person.request import Action, Request
from tests.support.enrolments import ANNA_ID, NOW
from tests.support.repository import ROOT

PLACE = Envelope(7, NOW)
NAMESPACE = "http://schemas.microsoft.com/2003/10/Serialization/"
CASES = sorted((ROOT / "tests/events/queue").iterdir())

type Wrap = Callable[[bytes], bytes]


def logic_apps(body: bytes) -> bytes:
    whole = {"ContentData": b64encode(body).decode(), "ContentType": "application/json"}
    return json.dumps(whole | {"Properties": {"Diagnostic-Id": "00-1"}, "MessageId": "7"}).encode()


def power_automate(body: bytes) -> bytes:
    whole = {"$content-type": "application/json", "$content": b64encode(body).decode()}
    return json.dumps(whole).encode()


def sns(body: bytes) -> bytes:
    whole = {"Type": "Notification", "MessageId": "7", "Message": body.decode()}
    return json.dumps(whole).encode()


def xml_text(body: bytes) -> bytes:
    text = escape(body.decode())
    return f'<?xml version="1.0"?><string xmlns="{NAMESPACE}">{text}</string>'.encode()


def xml_base64(body: bytes) -> bytes:
    text = b64encode(body).decode()
    return f'<base64Binary xmlns="{NAMESPACE}">{text}</base64Binary>'.encode()


def binary_xml(body: bytes) -> bytes:
    opening = b"@\x06string\x08" + bytes([len(NAMESPACE)]) + NAMESPACE.encode()
    return opening + text_record(body, ends=True)


def binary_xml_in_pieces(body: bytes) -> bytes:
    """As the writer does of long texts: several records, and the element's end by itself."""
    opening = b"@\x06string\x08" + bytes([len(NAMESPACE)]) + NAMESPACE.encode()
    pieces = [body[start : start + 7] for start in range(0, len(body), 7)]
    return opening + b"".join(text_record(one, ends=False) for one in pieces) + b"\x01"


def text_record(text: bytes, *, ends: bool) -> bytes:
    if len(text) < 256:
        return bytes([0x98 + ends, len(text)]) + text
    return bytes([0x9A + ends]) + len(text).to_bytes(2, "little") + text


def java(body: bytes) -> bytes:
    return b"\xac\xed\x00\x05t" + len(body).to_bytes(2) + body


WRAPS: list[Wrap] = [
    lambda body: body,
    lambda body: b"\xef\xbb\xbf" + body,
    lambda body: body.decode().encode("utf-16"),
    lambda body: body.decode().encode("utf-16-le"),
    lambda body: json.dumps(body.decode()).encode(),
    lambda body: json.dumps(json.dumps(body.decode())).encode(),
    b64encode,
    lambda body: urlsafe_b64encode(body).rstrip(b"="),
    lambda body: json.dumps(b64encode(body).decode()).encode(),
    *(logic_apps, power_automate, sns, xml_text, xml_base64, binary_xml, java),
    binary_xml_in_pieces,
    lambda body: logic_apps(json.dumps(body.decode()).encode()),
    lambda body: json.dumps(logic_apps(xml_text(body)).decode()).encode(),
]
KINDS = {ONBOARDED: Action.ONBOARD, OFFBOARDED: Action.OFFBOARD, ARRIVED: Action.LOOK_AGAIN}


def plain(employee: str, kind: str) -> dict[str, Any]:
    return {"employeeId": employee, "action": "offboard" if kind == OFFBOARDED else "onboard"}


def structured(employee: str, kind: str, **data: Any) -> dict[str, Any]:
    event = {"specversion": "1.0", "id": "1001", "source": "hr", "type": kind}
    return {**event, "data": {"employeeId": employee, **data}}


def in_base64(employee: str, kind: str) -> dict[str, Any]:
    event = structured(employee, kind)
    data = json.dumps(event.pop("data")).encode()
    return {**event, "data_base64": b64encode(data).decode()}


def in_a_text(employee: str, kind: str) -> dict[str, Any]:
    event = structured(employee, kind)
    return {**event, "data": json.dumps(event["data"])}


def event_grid(employee: str, kind: str) -> dict[str, Any]:
    return {
        "id": "1001",
        "topic": "/subscriptions/0/resourceGroups/hr/providers/Microsoft.EventGrid/topics/joiners",
        "subject": "people/7",
        "eventType": kind,
        "eventTime": NOW.isoformat(),
        "data": {"employeeId": employee},
        "dataVersion": "1",
        "metadataVersion": "1",
    }


employees = st.from_regex(r"\A[A-Za-z0-9._/\-]{1,16}\Z")
shapes = st.sampled_from([structured, in_base64, in_a_text, event_grid])


@given(employees, st.sampled_from(list(KINDS)), shapes, st.sampled_from(WRAPS))
def test_in_every_shape_and_wrapping_an_event_says_what_it_says(
    employee: str, kind: str, shape: Callable[[str, str], dict[str, Any]], wrap: Wrap
) -> None:
    body = wrap(json.dumps(shape(employee, kind)).encode())
    asked = read(open_body(body).value, PLACE, NOW)
    assert (asked.identifier.value, asked.action) == (employee.lower(), KINDS[kind])


@given(employees, st.sampled_from([ONBOARDED, OFFBOARDED]), st.sampled_from(WRAPS))
def test_a_plain_event_in_every_wrapping_says_what_it_says(
    employee: str, kind: str, wrap: Wrap
) -> None:
    body = wrap(json.dumps(plain(employee, kind)).encode())
    assert read(open_body(body).value, PLACE, NOW).action is KINDS[kind]


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode), st.sampled_from(WRAPS))
def test_any_bytes_are_opened_or_refused_by_name_in_every_wrapping(body: bytes, wrap: Wrap) -> None:
    try:
        wrapped = wrap(body)
    except (UnicodeDecodeError, ValueError):
        wrapped = logic_apps(body)
    try:
        explained = open_body(wrapped) is not None
    except InvalidMessage as error:
        explained = bool(error.field and error.reason)
    assert explained


NAMES = st.sampled_from(
    [
        *("ContentData", "Properties", "ContentType", "$content", "$content-type", "Type"),
        *("Message", "MessageAttributes", "specversion", "data", "data_base64", "type", "id"),
        *("eventType", "eventTime", "subject", "topic", "employeeId", "cloudEvents:type"),
    ]
) | st.text(st.characters(), max_size=5)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=12,
)


@given(JSON)
def test_any_json_value_is_opened_or_refused_by_name(value: Any) -> None:
    try:
        explained = bool(read(open_element(value).value, PLACE, NOW).identifier.value)
    except InvalidMessage as error:
        explained = bool(error.field and error.reason)
    assert explained


@pytest.mark.parametrize(
    ("value", "field", "reason"),
    [
        ({"ContentData": b64encode(b"hello").decode()}, "(body)", "(inside ContentData)"),
        ("hello", "(body)", "(inside a JSON string)"),
        ({"": [{}]}, "(a field without a name)", "a list in an object"),
        ({" ": [{}]}, "(a field without a name)", "a list in an object"),
        ({"ContentData": "", "Properties": 3}, "Properties", "are none"),
        (structured("1", ONBOARDED) | {"data_base64": "e30="}, "data_base64", "beside data"),
        (structured("1", ONBOARDED) | {"data": None, "data_base64": "?"}, "data_base64", "base64"),
        (structured("1", ONBOARDED) | {"data": "[1]"}, "data", "no JSON object"),
        (
            structured("1", ONBOARDED) | {"data": structured("1", OFFBOARDED)},
            "data.specversion",
            "an event inside an event",
        ),
        ({"type": "Microsoft.Graph.UserUpdated", "specversion": "1.0"}, "data.resourceData.id", ""),
    ],
)
def test_what_is_not_certain_is_refused_and_says_what_was_seen(
    value: Any, field: str, reason: str
) -> None:
    with pytest.raises(InvalidMessage) as refused:
        open_element(value)
    assert refused.value.field == field
    assert reason in refused.value.reason


@pytest.mark.parametrize("name", ["eventType", "event_type", "Action", "EVENT", "changeType"])
@given(st.sampled_from(["hired", "terminated", 7]), st.booleans())
def test_a_property_that_tells_what_happened_is_no_default(
    name: str, value: Any, several: bool
) -> None:
    body = json.dumps([plain("1", ONBOARDED)] if several else plain("1", ONBOARDED)).encode()
    with pytest.raises(InvalidMessage) as refused:
        open_body(with_properties(body, {name: value, "Diagnostic-Id": "00"}, None))
    assert refused.value.field == f"properties.{name}"


@pytest.mark.parametrize("name", ["subject", "Label"])
def test_a_subject_is_passed_over_only_where_the_event_says_its_action(name: str) -> None:
    properties = {name: "EmployeeTerminated"}
    unsaid, said = {"employeeId": "1"}, plain("1", ONBOARDED)
    for body in (unsaid, [said, unsaid]):
        with pytest.raises(InvalidMessage) as refused:
            open_body(with_properties(json.dumps(body).encode(), properties, None))
        assert refused.value.field == f"properties.{name}"
    for body in (said, [said, said], structured("1", OFFBOARDED), event_grid("1", OFFBOARDED)):
        whole = json.dumps(body).encode()
        assert open_body(with_properties(whole, properties, None)).value
    assert with_properties(b"{}", {name: ""}, None) == b"{}"


def test_a_property_that_repeats_what_the_body_says_is_none_to_refuse() -> None:
    body = json.dumps(plain("1", OFFBOARDED)).encode()
    opened = open_body(with_properties(body, {"action": "offboard"}, "application/json"))
    assert read(opened.value, PLACE, NOW).action is Action.OFFBOARD


def test_properties_that_tell_nothing_leave_the_body_as_it_is() -> None:
    assert with_properties(b"\xff", {"traceparent": "00", "JMSXGroupID": "g"}, None) == b"\xff"


def test_properties_inside_a_wrapping_count_as_much_as_those_of_the_message() -> None:
    attributes = structured("1", OFFBOARDED)
    properties = {f"cloudEvents:{name}": attributes[name] for name in attributes if name != "data"}
    content = b64encode(b'{"employeeId": "1"}').decode()
    opened = open_element({"ContentData": content, "Properties": properties})
    assert read(opened.value, PLACE, NOW).action is Action.OFFBOARD
    with pytest.raises(InvalidMessage) as refused:
        open_element({"ContentData": content, "Properties": {"eventType": "left"}})
    assert refused.value.field == "properties.eventType"
    attribute = {"event": {"Type": "String", "Value": "left"}}
    message = {"Type": "Notification", "Message": "{}", "MessageAttributes": attribute}
    with pytest.raises(InvalidMessage) as refused:
        open_element(message)
    assert refused.value.field == "properties.event"


def test_graphs_event_that_a_user_has_changed_has_those_looked_at_who_wait() -> None:
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/tenants/1",
        "type": "Microsoft.Graph.UserUpdated",
        "subject": f"Users/{ANNA_ID}",
        "data": {"changeType": "updated", "resourceData": {"id": ANNA_ID}},
    }
    asked = read(open_element(event).value, PLACE, NOW)
    assert (asked.action, asked.identifier.value) == (Action.LOOK_AGAIN, ANNA_ID)


def test_an_unknown_type_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidMessage) as refused:
        read(structured("1", "com.example.promoted"), PLACE, NOW)
    assert refused.value.field == "type"
    assert "'com.example.promoted' is not known" in refused.value.reason


REFUSED = {
    "adp-worker-hire.json": ("events", "a list in an object"),
    "bamboohr-form.txt": ("(body)", "it looks like a form"),
    "dayforce.json": ("Data", "a list in an object"),
    "entra-scim-create.json": ("schemas", "no such field"),
    "entra-scim-patch.json": ("schemas", "no such field"),
    "feishu-challenge.json": ("challenge", "no such field"),
    "greenhouse-hired.json": ("action", "'onboard' or 'offboard'"),
    "greenhouse-ping.json": ("action", "'onboard' or 'offboard'"),
    "gusto-rehired.json": ("uuid", "no such field"),
    "gusto-verification.json": ("verification_token", "no such field"),
    "hibob-v2-joined.json": ("companyId", "no such field"),
    "hirehive-standard.json": ("type", "no such field"),
    "lever-hire.json": ("id", "no such field"),
    "okta-event-hook.json": ("eventType", "no such field"),
    "okta-scim-put.json": ("schemas", "no such field"),
    "oracle-hcm-newhire.json": ("NewHireFeed", "no such field"),
    "personio-employment-started.json": ("company_id", "no such field"),
    "sailpoint-scim-patch.json": ("op", "no such field"),
    "servicenow-onboarding.json": ("records", "a list in an object"),
    "sns-string.json": ("event", "inside an SNS notification"),
    "successfactors-event-as-json.json": ("externalEventMeta", "no such field"),
    "successfactors-event.xml": ("(body)", "it looks like XML"),
    "workday-raas.json": ("Report_Entry", "a list in an object"),
    "workday-soap.xml": ("(body)", "it looks like XML"),
}
TAKEN = {
    "logicapps-contentdata.json": (Action.ONBOARD, "7001"),
    "graph-notification.json": (Action.LOOK_AGAIN, "a22a0000-0000-0000-0000-00000000000a"),
}


def requests_of(body: bytes) -> list[Request]:
    opened = open_body(body)
    values = opened.value if isinstance(opened.value, list) else [opened.value]
    try:
        return [read(open_element(one).value, PLACE, NOW) for one in values]
    except InvalidMessage as error:
        raise opened.refusal(error) from None


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_what_hr_systems_send_is_taken_where_it_is_certain_and_else_says_why_not(
    case: Path,
) -> None:
    """The vendors' own shapes come by HTTP, through a source that says what they mean."""
    body = case.read_bytes()
    if case.name in TAKEN:
        (asked,) = requests_of(body)
        assert (asked.action, asked.identifier.value) == TAKEN[case.name]
        return
    field, reason = REFUSED[case.name]
    with pytest.raises(InvalidMessage) as refused:
        requests_of(body)
    assert refused.value.field == field
    assert reason in refused.value.reason


LONG = 1_000_000
COSTLY = [
    b" " * LONG + b"!",
    b" " * LONG + b"<",
    b"<?xml " + b"?" * LONG,
    b"A" * LONG + b"=" * LONG,
    b"=" * LONG,
    binary_xml(b"")[:-2] + b"\xa8" * LONG,
    f'<string xmlns="{NAMESPACE}">&#{"9" * 9_000};</string>'.encode(),
    f'<string xmlns="{NAMESPACE}">{"&" * LONG}</string>'.encode(),
    json.dumps(" " * LONG).encode(),
    json.dumps({"ContentData": "A " * (LONG // 2) + "?"}).encode(),
    json.dumps({"specversion": "1.0", "data_base64": "\n" * LONG}).encode(),
]


@pytest.mark.parametrize("body", COSTLY, ids=range(len(COSTLY)))
def test_no_body_costs_more_than_its_length(body: bytes) -> None:
    """Of a million bytes anything that goes over them for each of them would take hours."""
    with pytest.raises(InvalidMessage):
        open_body(body)
