"""Signatures: whoever knows the secret and sends now gets in, and nobody else."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.documents.hr_sources.model import source_model
from shared.domain.errors import NotAuthenticated, WrongTime
from shared.hr.proofs.signature import Signing
from shared.hr.registry import HR_KINDS
from shared.hr.request import HrRequest
from tests.support.enrolments import NOW

SOURCE = source_model(HR_KINDS)
SECRET = b"bamboo-shoots-in-spring"
BODY = b'{"type": "employee.created"}'
STAMP = str(int(NOW.timestamp()))


def signing(kind: str = "bamboohr", **more: Any) -> Signing:
    source = {"name": "hr", "kind": kind, "authentication": "hmac", "hmac": {"secret": "S", **more}}
    return Signing.of(SOURCE.model_validate_json(json.dumps(source)))


BAMBOO = signing()


def headers(body: bytes = BODY, stamp: str = STAMP, secret: bytes = SECRET) -> dict[str, str]:
    digest = hmac.new(secret, body + stamp.encode(), hashlib.sha256).hexdigest()
    return {"x-bamboohr-signature": digest, "x-bamboohr-timestamp": stamp}


def sent(notes: dict[str, str], body: bytes = BODY) -> HrRequest:
    return HrRequest(body=body, headers=notes)


def test_bamboohr_signs_the_body_followed_by_its_timestamp() -> None:
    BAMBOO.check([SECRET], sent(headers(), BODY), NOW)
    made = BAMBOO.sign(SECRET, HrRequest(body=BODY), STAMP)
    assert {name.lower(): value for name, value in made.items()} == headers()


def test_deel_signs_the_word_post_followed_by_the_body() -> None:
    deel = signing("mapped", header="x-deel-signature", signed="POST{body}")
    digest = hmac.new(SECRET, b"POST" + BODY, hashlib.sha256).hexdigest()
    deel.check([SECRET], sent({"x-deel-signature": digest}, BODY), NOW)


def test_a_signature_may_be_base64_behind_a_prefix() -> None:
    other = signing("mapped", header="X-Sig", encoding="base64", prefix="sha256=")
    digest = b64encode(hmac.new(SECRET, BODY, hashlib.sha256).digest()).decode()
    other.check([SECRET], sent({"x-sig": f"sha256={digest}"}, BODY), NOW)
    with pytest.raises(NotAuthenticated):
        other.check([SECRET], sent({"x-sig": digest}, BODY), NOW)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"x-bamboohr-signature": ""}, "X-BambooHR-Signature is missing"),
        ({"x-bamboohr-timestamp": ""}, "X-BambooHR-Timestamp is missing"),
        ({"x-bamboohr-signature": "00" * 32}, "not the body's"),
        ({"x-bamboohr-signature": "zz"}, "not the body's"),
        ({"x-bamboohr-signature": "é"}, "not the body's"),
        ({"x-bamboohr-timestamp": str(int(STAMP) + 1)}, "not the body's"),
        (headers(secret=b"guessed"), "not the body's"),
        (headers(stamp="soon"), "no time"),
        (headers(stamp="9" * 30), "no time"),
        (headers(stamp="2026-03-02T08:00:00"), "without its zone"),
        (headers(stamp=str(int(STAMP) - 301)), "too far"),
        (headers(stamp=str(int(STAMP) + 301)), "too far"),
    ],
)
def test_every_other_proof_is_refused_with_the_reason(changed: dict[str, str], reason: str) -> None:
    with pytest.raises(NotAuthenticated, match=reason) as refused:
        BAMBOO.check([SECRET], sent(headers() | changed, BODY), NOW)
    # An alarm tells of this one alone: nobody without the secret can bring it about.
    assert isinstance(refused.value, WrongTime) is (reason == "too far")


@pytest.mark.parametrize(
    "stamp",
    [STAMP, f"{STAMP}000", NOW.isoformat(), (NOW - timedelta(minutes=5)).isoformat()],
)
def test_a_time_may_be_seconds_milliseconds_or_iso_8601(stamp: str) -> None:
    BAMBOO.check([SECRET], sent(headers(stamp=stamp), BODY), NOW)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_a_body_of_which_a_byte_was_changed_is_refused(body: bytes, other: bytes) -> None:
    BAMBOO.check([SECRET], sent(headers(body), body), NOW)
    if other != body:
        with pytest.raises(NotAuthenticated):
            BAMBOO.check([SECRET], sent(headers(body), other), NOW)


@given(st.dictionaries(st.sampled_from(sorted(headers())), st.text(max_size=80)))
def test_no_header_whatever_is_in_it_breaks_the_check(made_up: dict[str, str]) -> None:
    with pytest.raises(NotAuthenticated):
        BAMBOO.check([SECRET], sent(made_up, BODY), NOW)


# --- the forms of published webhooks -------------------------------------------------------------

URL = "https://hr.contoso.test/api/hooks/hr?x=1"
STANDARD = {
    "header": "webhook-signature",
    "encoding": "base64",
    "prefix": "v1,",
    "signed": "{header:webhook-id}.{timestamp}.{body}",
    "timestampHeader": "webhook-timestamp",
    "secretEncoding": "base64",
}
FORMS: list[dict[str, Any]] = [
    {"header": "X-Sig"},
    {"header": "X-Sig", "encoding": "base64"},
    {"header": "X-Sig", "encoding": "base64url"},
    {"header": "X-Sig", "algorithm": "sha512"},
    {"header": "X-Sig", "algorithm": "sha512", "encoding": "base64"},
    {"header": "X-Sig", "prefix": "sha256="},
    {"header": "X-Sig", "prefix": "sha256 "},
    {
        "header": "X-Sig",
        "parts": {"signature": "v1", "timestamp": "t"},
        "signed": "{timestamp}.{body}",
    },
    {"header": "X-Sig", "parts": {"signature": "s"}},
    {"header": "X-Sig", "timestampHeader": "X-At", "signed": "v0:{timestamp}:{body}"},
    {"header": "X-Sig", "signed": "{method}\n{path}\n{header:X-Nonce}\n{body}"},
    {"header": "X-Sig", "signed": "{url}{body}"},
    {"header": "X-Sig", "signed": "{url}{body}", "address": "https://gate.test/api/hooks/hr"},
    STANDARD,
]


def request(headers: dict[str, str], *, method: str = "POST", url: str = URL) -> HrRequest:
    given = {"x-nonce": "n-1", "webhook-id": "msg_1"} | headers
    given = {name.lower(): value for name, value in given.items()}
    return HrRequest(body=BODY, headers=given, method=method, url=url)


def proved(form: Signing) -> HrRequest:
    """A request as a sender proves it."""
    return request(form.sign(SECRET, request({}), STAMP))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_each_form_lets_its_sender_in_and_nobody_else(form: dict[str, Any]) -> None:
    told = signing("mapped", **form)
    told.check([SECRET], proved(told), NOW)
    with pytest.raises(NotAuthenticated):
        told.check([b"another secret, as long"], proved(told), NOW)
    changed = HrRequest(
        body=BODY + b" ", headers=proved(told).headers, method="POST", url=proved(told).url
    )
    with pytest.raises(NotAuthenticated):
        told.check([SECRET], changed, NOW)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_while_a_secret_changes_both_are_good(form: dict[str, Any]) -> None:
    told = signing("mapped", **form)
    for secrets in ([SECRET, b"the next secret is as long"], [b"the one before it", SECRET]):
        told.check(secrets, proved(told), NOW)


def test_of_several_signatures_one_has_to_be_right() -> None:
    told = signing("mapped", **STANDARD)
    good = proved(told)
    right = good.header("webhook-signature")
    for header in (f"v1,AAAA {right}", f"{right} v1a,BBBB", f"v2,xx {right}"):
        told.check([SECRET], request({**good.headers, "webhook-signature": header}), NOW)
    for header in ("v1,AAAA v1,BBBB", right.removeprefix("v1,"), "v1,", "v1,AAAA " * 10 + right):
        with pytest.raises(NotAuthenticated):
            told.check([SECRET], request({**good.headers, "webhook-signature": header}), NOW)


def test_what_standard_webhooks_publishes_is_good() -> None:
    """The example of the specification's own libraries."""
    secret = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    at = datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC)
    signing("mapped", **STANDARD).check([secret], HrRequest(body=body, headers=headers), at)


def test_the_method_the_address_and_another_header_are_signed_where_that_is_agreed() -> None:
    told = signing("mapped", **FORMS[10])
    good = proved(told)
    for changed in (
        request(dict(good.headers), method="GET"),
        request(dict(good.headers), url=URL + "2"),
        request({**good.headers, "x-nonce": "n-2"}),
    ):
        with pytest.raises(NotAuthenticated):
            told.check([SECRET], changed, NOW)


def test_a_time_beside_the_signature_is_held_against_ours_and_cannot_be_left_out() -> None:
    told = signing("mapped", **FORMS[7])
    good = proved(told)
    with pytest.raises(NotAuthenticated, match="too far"):
        told.check([SECRET], good, NOW + timedelta(minutes=6))
    bare = good.header("x-sig").partition(",")[2]
    with pytest.raises(NotAuthenticated, match="t= is missing"):
        told.check([SECRET], request({"x-sig": bare}), NOW)


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(FORMS))
def test_no_text_in_any_form_breaks_the_check(one: str, two: str, form: dict[str, Any]) -> None:
    told = signing("mapped", **form)
    made_up = {"x-sig": one, "x-at": two, "webhook-signature": one, "webhook-timestamp": two}
    with pytest.raises(NotAuthenticated):
        told.check([SECRET], request({**made_up, "x-nonce": two, "webhook-id": one}), NOW)
