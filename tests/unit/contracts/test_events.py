"""Onboarding events: what is taken, under which key, and what is refused with which words."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.messages.onboarding_event import (
    ARRIVED,
    OFFBOARDED,
    ONBOARDED,
    Envelope,
    PersonEvent,
    PlainEvent,
    as_cloud_event,
    event_key,
    read_request,
)
from shared.domain.errors import InvalidMessage
from shared.domain.person.enrolment import Cause, CauseKind
from shared.domain.person.people import Identifier, IdentifierKind
from shared.domain.person.request import Action, Request
from tests.support.enrolments import ANNA_ID, ANNA_UPN, NOW

ENQUEUED = NOW - timedelta(minutes=5)
PLACE = Envelope(17, ENQUEUED)
CLOUD_EVENT = {
    "specversion": "1.0",
    "id": "1001",
    "source": "hr",
    "type": ONBOARDED,
    "data": {"employeeId": "4711"},
}
METACHARACTERS = ["*", "(", ")", "\\", "\x00", "|", "&", "=", "<", ">", '"', ";", "\n", "%"]


def read(value: Any, envelope: Envelope = PLACE) -> Request:
    return read_request(json.dumps(value), envelope, NOW)


def refused(body: str | bytes) -> InvalidMessage:
    with pytest.raises(InvalidMessage) as raised:
        read_request(body, PLACE, NOW)
    return raised.value


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("userPrincipalName", ANNA_UPN, IdentifierKind.USER_PRINCIPAL_NAME),
        ("userPrincipalName", "a_o'b.c!#^~-d@sub.contoso.test", IdentifierKind.USER_PRINCIPAL_NAME),
        ("employeeId", "E-12.3/4_5 6", IdentifierKind.EMPLOYEE_ID),
        ("objectId", ANNA_ID, IdentifierKind.OBJECT_ID),
    ],
)
def test_any_one_name_of_a_person_is_enough(name: str, value: str, kind: IdentifierKind) -> None:
    asked = read({name: value})
    assert asked.identifier == Identifier(kind, value)
    assert asked.action is Action.ONBOARD


def test_of_several_names_the_most_exact_one_counts() -> None:
    names = {"userPrincipalName": ANNA_UPN, "employeeId": "4711"}
    assert read(names | {"objectId": ANNA_ID}).identifier.kind is IdentifierKind.OBJECT_ID
    assert read(names).identifier.kind is IdentifierKind.USER_PRINCIPAL_NAME


def test_a_plain_event_happened_when_it_was_put_on_the_queue() -> None:
    plain = {"userPrincipalName": f" {ANNA_UPN.upper()} ", "action": "offboard"}
    asked = read(plain | {"reason": "left early", "actor": "olga", "effectiveDate": "2026-03-01"})
    assert asked == Request(
        key=asked.key,
        action=Action.OFFBOARD,
        identifier=Identifier(IdentifierKind.USER_PRINCIPAL_NAME, ANNA_UPN),
        occurred_at=ENQUEUED,
        cause=Cause(CauseKind.EVENT, "left early", "olga"),
        effective_date=datetime(2026, 3, 1, tzinfo=UTC),
        day_ends=datetime(2026, 3, 2, tzinfo=UTC),
    )


def test_outside_a_queue_a_plain_event_happens_now_and_its_cause_is_its_key() -> None:
    asked = read({"employeeId": "4711"}, Envelope())
    assert asked.occurred_at == NOW
    assert asked.cause == Cause(CauseKind.EVENT, asked.key, "event")


@pytest.mark.parametrize(
    ("type_", "action"),
    [
        (ONBOARDED, Action.ONBOARD),
        (OFFBOARDED, Action.OFFBOARD),
        (ARRIVED, Action.LOOK_AGAIN),
    ],
)
def test_a_cloud_event_says_by_its_type_what_happened_and_by_its_time_when(
    type_: str, action: Action
) -> None:
    asked = read(CLOUD_EVENT | {"type": type_, "time": "2026-02-27T09:30:00+01:00"})
    assert asked.action is action
    assert asked.occurred_at == datetime(2026, 2, 27, 8, 30, tzinfo=UTC)


def test_a_cloud_event_without_a_time_happened_when_it_was_put_on_the_queue() -> None:
    assert read(CLOUD_EVENT).occurred_at == ENQUEUED


def test_extension_attributes_of_a_cloud_event_are_allowed_and_ignored() -> None:
    extended = CLOUD_EVENT | {"subject": "anna", "traceparent": "00-ab", "datacontenttype": "json"}
    assert read(extended) == read(CLOUD_EVENT)


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        ("", "(body)", "not JSON: Expecting value at line 1 column 1"),
        ('{"employeeId":\n "1",}', "(body)", "not JSON: Illegal trailing comma"),
        (b'{"employeeId": "\xff"}', "(body)", "not JSON text in UTF-8"),
        ("[" * 100_000, "(body)", "deeper than 64"),
        ('{"data":' * 100_000, "(body)", "deeper than 64"),
        ("[]", "(body)", "dictionary"),
        ("null", "(body)", "dictionary"),
        ('"anna@contoso.test"', "(body)", "dictionary"),
        ("4711", "(body)", "dictionary"),
        ("{}", "(body)", "give userPrincipalName, employeeId or objectId"),
        ('{"employeeId": null}', "(body)", "give userPrincipalName, employeeId or objectId"),
        ('{"employeeId": ""}', "employeeId", "match pattern"),
        ('{"employeeId": " "}', "employeeId", "match pattern"),
        ('{"employeeId": 4711}', "employeeId", "valid string"),
        ('{"employeeId": "\\ud800"}', "employeeId", "unicode"),
        ('{"employeeId": "12345678901234567"}', "employeeId", "at most 16 characters"),
        ('{"userPrincipalName": "anna"}', "userPrincipalName", "match pattern"),
        ('{"userPrincipalName": "anna@"}', "userPrincipalName", "match pattern"),
        ('{"userPrincipalName": "a@b@c"}', "userPrincipalName", "match pattern"),
        (f'{{"userPrincipalName": "{"a" * 65}@b.c"}}', "userPrincipalName", "match pattern"),
        (f'{{"userPrincipalName": "a@{"b" * 112}"}}', "userPrincipalName", "at most 113"),
        ('{"objectId": "4711"}', "objectId", "at least 36 characters"),
        (f'{{"objectId": "{ANNA_ID}0"}}', "objectId", "at most 36 characters"),
        (f'{{"objectId": "{"g" * 36}"}}', "(body)", "objectId is not a GUID"),
        ('{"employeeId": "1", "effectiveDate": "tomorrow"}', "effectiveDate", "date"),
        ('{"employeeId": "1", "effectiveDate": "2026-02-30"}', "effectiveDate", "date"),
        ('{"employeeId": "1", "effectiveDate": "2026-03-02T09:00:00Z"}', "effectiveDate", "time"),
        ('{"employeeId": "1", "action": "fire"}', "action", "'onboard' or 'offboard'"),
        ('{"employeeId": "1", "group": "admins"}', "group", "no such field is known"),
        (f'{{"employeeId": "1", "reason": "{"x" * 501}"}}', "reason", "at most 500"),
        (f'{{"employeeId": "1", "actor": "{"x" * 501}"}}', "actor", "at most 500"),
        ('{"employeeId": "*", "hireDate": 1}', "employeeId", "(and 1 more)"),
    ],
)
def test_a_plain_event_that_cannot_be_taken_names_the_field_and_the_reason(
    body: str | bytes, field: str, reason: str
) -> None:
    error = refused(body)
    assert error.field == field
    assert reason in error.reason
    assert str(error) == f"{error.field}: {error.reason}"


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"specversion": "0.3"}, "specversion", "'1.0'"),
        ({"specversion": None}, "specversion", "'1.0'"),
        ({"type": "io.example.hired"}, "type", ONBOARDED),
        ({"id": ""}, "id", "at least 1 character"),
        ({"id": "x" * 201}, "id", "at most 200"),
        ({"source": 7}, "source", "valid string"),
        ({"time": "yesterday"}, "time", "datetime"),
        ({"time": "2026-03-02T08:00:00"}, "time", "timezone"),
        ({"data": None}, "data", "dictionary"),
        ({"data": {}}, "data", "give userPrincipalName, employeeId or objectId"),
        ({"data": {"employeeId": "(1)"}}, "data.employeeId", "match pattern"),
        ({"data": {"employeeId": "1", "action": "offboard"}}, "data.action", "no such field"),
    ],
)
def test_a_cloud_event_that_cannot_be_taken_names_the_field_and_the_reason(
    changes: dict[str, Any], field: str, reason: str
) -> None:
    error = refused(json.dumps(CLOUD_EVENT | changes))
    assert error.field == field
    assert reason in error.reason


@pytest.mark.parametrize("missing", ["id", "source", "type", "data"])
def test_a_cloud_event_that_lacks_a_part_names_it(missing: str) -> None:
    error = refused(json.dumps({k: v for k, v in CLOUD_EVENT.items() if k != missing}))
    assert (error.field, error.reason) == (missing, "Field required")


@pytest.mark.parametrize("character", METACHARACTERS, ids=ascii)
@pytest.mark.parametrize(
    ("field", "template"),
    [
        ("employeeId", "47{}11"),
        ("userPrincipalName", "an{}na@contoso.test"),
        ("userPrincipalName", "ané{}na@contoso.test"),
        ("userPrincipalName", "anna@con{}toso.test"),
        ("objectId", "a22a0000-0000-0000-0000-00000000000{}"),
    ],
)
def test_what_means_something_in_an_ldap_filter_has_no_place_in_a_name(
    field: str, template: str, character: str
) -> None:
    error = refused(json.dumps({field: template.format(character)}))
    assert error.field == field or error.reason == f"{field} is not a GUID"


def test_a_refusal_never_repeats_the_value_it_refuses() -> None:
    assert "s3cret" not in str(refused('{"employeeId": "s3cret*"}'))


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_whatever_comes_is_either_taken_or_refused_by_field(body: bytes | str) -> None:
    try:
        explained = bool(read_request(body, PLACE, NOW).identifier.value)
    except InvalidMessage as error:
        explained = bool(error.field and error.reason)
    assert explained


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
FIELDS = [*PlainEvent.model_fields, "userPrincipalName", "employeeId", "objectId", "specversion"]


@given(st.dictionaries(st.sampled_from([*FIELDS, "id", "source", "type", "time", "data"]), JSON))
def test_any_json_object_is_either_taken_or_refused_by_field(value: dict[str, Any]) -> None:
    try:
        explained = bool(read(value).identifier.value)
    except InvalidMessage as error:
        explained = bool(error.field and error.reason)
    assert explained


PEOPLE = st.builds(
    PersonEvent,
    user_principal_name=st.just(ANNA_UPN) | st.none(),
    employee_id=st.from_regex(r"\A[A-Za-z0-9._/\-]{1,16}\Z"),
    object_id=st.none() | st.uuids().map(str),
    effective_date=st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    reason=st.none() | st.text(max_size=50),
    actor=st.none() | st.text(max_size=50),
)


@given(PEOPLE)
def test_a_person_comes_back_from_the_wire_as_they_went(event: PersonEvent) -> None:
    assert PersonEvent.read(event.text()) == event


@given(PEOPLE, st.sampled_from([Action.ONBOARD, Action.OFFBOARD]))
def test_a_plain_event_in_an_envelope_asks_for_the_same(event: PersonEvent, action: Action) -> None:
    plain = json.loads(event.text()) | {"action": str(action)}
    wrapped = as_cloud_event(plain, source="webhook", event_id="1")
    bare, enveloped = read(plain), read(wrapped)
    assert enveloped.key == event_key(wrapped, Envelope())
    assert (enveloped.action, enveloped.identifier) == (action, bare.identifier)
    assert enveloped.effective_date == bare.effective_date
    assert enveloped.cause.actor == bare.cause.actor


@pytest.mark.parametrize("value", [CLOUD_EVENT, [], None, "anna"])
def test_an_envelope_is_put_around_plain_objects_alone(value: Any) -> None:
    assert as_cloud_event(value, source="webhook", event_id="1") is value


def test_every_copy_of_a_cloud_event_has_the_same_key_wherever_it_is_met() -> None:
    copies = [Envelope(), PLACE, Envelope(18, NOW)]
    assert len({event_key(CLOUD_EVENT, place) for place in copies}) == 1
    assert event_key(CLOUD_EVENT | {"data": {}}, PLACE) == event_key(CLOUD_EVENT, PLACE)


@pytest.mark.parametrize("changes", [{"id": "1002"}, {"source": "other-hr"}])
def test_cloud_events_of_another_id_or_source_have_another_key(changes: dict[str, str]) -> None:
    assert event_key(CLOUD_EVENT | changes, PLACE) != event_key(CLOUD_EVENT, PLACE)


def test_a_plain_event_is_known_by_its_place_in_the_queue() -> None:
    plain = {"employeeId": "4711"}
    assert event_key(plain, PLACE) == event_key(plain, Envelope(17, ENQUEUED))
    assert event_key(plain, PLACE) != event_key(plain, Envelope(18, ENQUEUED))
    assert event_key(plain, PLACE) != event_key(plain, Envelope(17, NOW))


def test_outside_a_queue_a_plain_event_is_known_by_its_content_in_any_order() -> None:
    one, other = {"employeeId": "1", "actor": "a"}, {"actor": "a", "employeeId": "1"}
    assert event_key(one, Envelope()) == event_key(other, Envelope())
    assert event_key(one, Envelope()) != event_key(one | {"actor": "b"}, Envelope())


@given(JSON)
def test_a_key_is_short_plain_text_whatever_the_event(value: Any) -> None:
    assert set(event_key(value, PLACE)) <= set("0123456789abcdef")
    assert len(event_key(value, PLACE)) == 32


@given(st.datetimes(datetime(2000, 1, 1), datetime(2200, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001  # given one
def test_no_clock_makes_an_event_happen_after_now(ahead: datetime) -> None:
    """Neither the sender's nor the queue's: it would outdate everything that follows."""
    event = CLOUD_EVENT | {"time": ahead.isoformat()}
    for value in (event, {"employeeId": "4711"}):
        assert read(value, Envelope(1, ahead)).occurred_at <= NOW
        assert read(value, Envelope(1, None)).occurred_at <= NOW
