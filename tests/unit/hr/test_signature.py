"""Signatures: whoever knows the secret and sends now gets in, and nobody else."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.documents.hr_sources.model import source_model
from shared.domain.errors import NotAuthenticated
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
    with pytest.raises(NotAuthenticated, match=reason):
        BAMBOO.check([SECRET], sent(headers() | changed, BODY), NOW)


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
