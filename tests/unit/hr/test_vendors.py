"""What the ready sources make of what vendors publish: the files of docs/examples/hr, tried."""

from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.api.hr_answers import Echo
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages.onboarding_event import (
    OFFBOARDED,
    ONBOARDED,
    Envelope,
    event_key,
    read_request_object,
)
from shared.domain.errors import InvalidMessage, NotAuthenticated
from shared.hr.adapters import translate, tree_of
from shared.hr.documents import read
from shared.hr.handshakes import Ping, Shown, greeting_of
from shared.hr.proofs.checked import check_proof
from shared.hr.proofs.signature import Signing
from shared.hr.request import HrRequest
from tests.support.repository import ROOT

NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
"""When these were published: whoever joins by their first day does so about then."""
PAYLOADS = ROOT / "tests/events/hr/vendors"
SOURCES = {
    source.name: source
    for file in (ROOT / "docs/examples/hr").glob("*.yaml")
    for source in read(file.read_bytes())
}
type Said = list[tuple[str, dict[str, Any]]]

COMES_TO: dict[str, tuple[str, Said]] = {
    "adp-worker-hire.json": (
        "adp",
        [
            (ONBOARDED, {"employeeId": "A2KDNHG47", "effectiveDate": "2027-01-04"}),
            (ONBOARDED, {"employeeId": "A2KDNHG48", "effectiveDate": "2026-11-30"}),
        ],
    ),
    "bamboohr-form.txt": ("bamboohr-form", [(ONBOARDED, {"employeeId": "67890"})]),
    "dayforce.json": (
        "dayforce",
        [(ONBOARDED, {"employeeId": "42199", "effectiveDate": "2026-12-01"})],
    ),
    "export-semicolon.csv": (
        "export-semicolon",
        [
            (ONBOARDED, {"employeeId": "100260", "effectiveDate": "2027-02-01"}),
            (OFFBOARDED, {"employeeId": "100261", "effectiveDate": "2026-12-31"}),
            (ONBOARDED, {"employeeId": "100262"}),
        ],
    ),
    "hr-export.csv": (
        "export",
        [
            (
                ONBOARDED,
                {
                    "employeeId": "100260",
                    "effectiveDate": "2027-02-01",
                    "timeZone": "Europe/Berlin",
                    "joinsByDay": True,
                },
            )
        ],
    ),
    "greenhouse-hired.json": (
        "greenhouse",
        [(ONBOARDED, {"employeeId": "5512", "effectiveDate": "2027-01-11"})],
    ),
    "hirehive-standard.json": (
        "hirehive",
        [(ONBOARDED, {"employeeId": "8812", "effectiveDate": "2026-12-20"})],
    ),
    "lever-hire.json": ("lever", []),
    "logicapps-contentdata.json": ("logic-apps", [(ONBOARDED, {"employeeId": "7001"})]),
    "graph-notification.json": ("graph-notifications", []),
    "okta-event-hook.json": (
        "okta",
        [
            (ONBOARDED, {"userPrincipalName": "Dana.O'Neil@contoso.test"}),
            (OFFBOARDED, {"userPrincipalName": "eli@contoso.test"}),
        ],
    ),
    "oracle-hcm-newhire.json": (
        "oracle-new-hires",
        [(ONBOARDED, {"employeeId": "300100", "effectiveDate": "2026-12-07"})],
    ),
    "personio-employment-started.json": ("personio", [(ONBOARDED, {"employeeId": "67890"})]),
    "servicenow-onboarding.json": (
        "servicenow",
        [(ONBOARDED, {"employeeId": "07731", "effectiveDate": "2026-12-15"})],
    ),
    "sns-string.json": ("sns", [(ONBOARDED, {"employeeId": "7001"})]),
    "successfactors-event-as-json.json": (
        "successfactors-json",
        [(OFFBOARDED, {"employeeId": "4712", "effectiveDate": "2027-03-01"})],
    ),
    "successfactors-event.xml": (
        "successfactors-events",
        [(OFFBOARDED, {"employeeId": "4712", "effectiveDate": "2027-03-01"})],
    ),
    "workday-raas.json": (
        "workday-report",
        [
            (ONBOARDED, {"employeeId": "21001", "effectiveDate": "2026-12-14"}),
            (ONBOARDED, {"employeeId": "C-118", "effectiveDate": "2026-12-01"}),
            (OFFBOARDED, {"employeeId": "21002", "effectiveDate": "2027-01-31"}),
        ],
    ),
}
"""By the payload: the source that takes it, and the events that come of it."""
REFUSED = {
    "gusto-rehired.json": ("gusto", "employee_number"),
    "hibob-v2-joined.json": ("hibob", "data.employeeId"),
    "workday-soap.xml": ("workday-soap", "[0].Worker_Data.Event"),
}
"""What names nobody whom Entra could know, or does not say that anybody joined: with the field."""
GREETED = {
    "feishu-challenge.json": ("feishu", Echo("ajls384kdjx98XX", "challenge")),
    "greenhouse-ping.json": ("greenhouse", Ping()),
    "sns-confirmation.json": (
        "sns",
        Shown("SubscribeURL", "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"),
    ),
    "gusto-verification.json": ("gusto", Shown("verification_token", "Lm3kQ9zT")),
}


def sent(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes()


def tried(source: Source, name: str) -> Said:
    found = translate(source, tree_of(source, sent(name)), NOW)
    for event in found.events:
        read_request_object(event, Envelope(1, NOW), NOW)
        assert event_key(event, Envelope())
    return [
        (one["type"], {k: v for k, v in one["data"].items() if k not in {"actor", "reason"}})
        for one in found.events
    ]


@pytest.mark.parametrize("name", sorted(COMES_TO))
def test_each_payload_comes_to_these_events_by_its_ready_source(name: str) -> None:
    source, events = COMES_TO[name]
    assert tried(SOURCES[source], name) == events


@pytest.mark.parametrize("name", sorted(COMES_TO))
def test_the_same_payload_again_is_the_same_events(name: str) -> None:
    source = SOURCES[COMES_TO[name][0]]
    once, again = (translate(source, tree_of(source, sent(name)), NOW).keys for _ in range(2))
    assert once == again
    assert len(set(once)) == len(once)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_names_nobody_that_entra_could_know_is_refused_by_its_field(name: str) -> None:
    source, field = SOURCES[REFUSED[name][0]], REFUSED[name][1]
    try:
        found = translate(source, tree_of(source, sent(name)), NOW)
        (told,) = [one.field for one in found.refused]
        assert found.events == ()
    except InvalidMessage as error:
        told = error.field
    assert field in told


@pytest.mark.parametrize("name", sorted(GREETED))
def test_what_is_no_event_is_answered_as_its_sender_wants_it(name: str) -> None:
    source, greeting = SOURCES[GREETED[name][0]], GREETED[name][1]
    assert greeting_of(source, HrRequest(body=sent(name)), is_proved=True) == greeting


def test_a_line_of_totals_and_a_word_without_meaning_cost_nobody_anything() -> None:
    source = SOURCES["export-semicolon"]
    found = translate(source, tree_of(source, sent("export-semicolon.csv")), NOW)
    assert [one.field for one in found.left_alone] == ["[3].Vorgang"]
    assert [(one.index, one.text) for one in found.refused] == [(4, "Summe: 4;;")]
    assert found.events[0]["data"]["reason"] == "für Jürgen"


SIGNED = sorted(name for name, source in SOURCES.items() if source.hmac)
SENT_ALONG = sorted(name for name, source in SOURCES.items() if source.secret)
KEY, CODED = b"a secret of 24 bytes, or", b"whsec_YSBzZWNyZXQgb2YgMjQgYnl0ZXMsIG9y"


@pytest.mark.parametrize("name", SIGNED)
def test_each_ready_source_that_signs_lets_its_sender_in_and_nobody_else(name: str) -> None:
    source = SOURCES[name]
    assert source.hmac
    is_coded = source.hmac.secret_encoding == "base64"
    secrets = {source.hmac.secret.lower(): CODED if is_coded else KEY}
    bare = HrRequest(body=b"{}", headers={"webhook-id": "msg_1"})
    made = Signing.of(source).sign(KEY, bare, str(int(NOW.timestamp())))
    headers = {**bare.headers, **{key.lower(): value for key, value in made.items()}}
    check_proof(source, HrRequest(body=b"{}", headers=headers), secrets, NOW)
    with pytest.raises(NotAuthenticated):
        check_proof(source, HrRequest(body=b"[]", headers=headers), secrets, NOW)


@pytest.mark.parametrize("name", SENT_ALONG)
def test_each_ready_source_with_a_secret_lets_its_sender_in_and_nobody_else(name: str) -> None:
    told = SOURCES[name].secret
    assert told
    value = {"token": KEY.decode(), "value": [{"clientState": KEY.decode()}]}
    text = b64encode(KEY).decode() if told.form == "basic" else KEY.decode()
    scheme = {"basic": "Basic ", "bearer": "Bearer "}.get(told.form, "")
    request = HrRequest(headers={"authorization": f"{scheme}{text}"})
    check_proof(SOURCES[name], request, {told.secret.lower(): KEY}, NOW, value=value)
    with pytest.raises(NotAuthenticated):
        check_proof(SOURCES[name], request, {told.secret.lower(): KEY[1:]}, NOW, value=value)


@pytest.mark.parametrize("path", sorted(PAYLOADS.iterdir()), ids=lambda path: path.name)
def test_every_payload_is_tried_and_its_origin_told(path: Path) -> None:
    assert path.name in {**COMES_TO, **REFUSED, **GREETED}
    assert f"`vendors/{path.name}`" in (ROOT / "tests/events/hr/README.md").read_text()
