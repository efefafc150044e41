"""Secrets that are sent along, and the settings that all secrets come from."""

import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.hr.sources import senders_of
from shared.contracts.documents.hr_sources.model import source_model
from shared.contracts.documents.hr_sources.secrets import SHORTEST, keys_of
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.domain.errors import ConfigurationError, NotAuthenticated
from shared.hr.proofs.checked import check_proof
from shared.hr.registry import HR_KINDS
from shared.hr.request import HrRequest
from tests.support.enrolments import NOW

SOURCE = source_model(HR_KINDS)
OLD, NEW = b"a secret of enough bytes", b"user:the next of enough bytes"
SECRETS = {"old": OLD, "new": NEW}


def source(**more: Any) -> Source:
    fields = {
        "name": "hr",
        "kind": "mapped",
        "mapping": {"employeeId": "id"},
        "authentication": "secret",
        **more,
    }
    return SOURCE.model_validate_json(json.dumps(fields))


def by_header(**more: Any) -> Source:
    return source(secret={"secret": "OLD", "header": "X-Token", **more})


def shown(told: Source, headers: dict[str, str], value: Any = None) -> None:
    check_proof(told, HrRequest(headers=headers), SECRETS, NOW, value=value)


def test_a_secret_in_a_header_lets_its_sender_in() -> None:
    shown(by_header(), {"x-token": OLD.decode()})
    for scheme in ("Bearer", "bearer"):
        shown(by_header(prefix="Bearer "), {"x-token": f"{scheme} {OLD.decode()}"})
    basic = by_header(secondSecret="NEW", form="basic")
    shown(basic, {"x-token": f"basic {b64encode(NEW).decode()}"})


def test_bearer_and_basic_stand_where_http_has_them() -> None:
    bearer = source(secret={"secret": "OLD", "form": "bearer"})
    shown(bearer, {"authorization": f"Bearer {OLD.decode()}"})
    basic = source(secret={"secret": "NEW", "form": "basic"})
    shown(basic, {"authorization": f"Basic {b64encode(NEW).decode()}"})
    for other in ({"authorization": OLD.decode()}, {"x-token": f"Bearer {OLD.decode()}"}):
        with pytest.raises(NotAuthenticated):
            shown(bearer, other)


def test_while_it_changes_both_are_good() -> None:
    both = by_header(secondSecret="NEW")
    shown(both, {"x-token": OLD.decode()})
    shown(both, {"x-token": NEW.decode()})


@pytest.mark.parametrize(
    ("told", "given_", "reason"),
    [
        ({}, {}, "X-Token is missing"),
        ({}, {"x-token": " "}, "X-Token is missing"),
        ({}, {"x-token": "guessed"}, "not the one agreed"),
        ({}, {"x-token": OLD.decode() + "x"}, "not the one agreed"),
        ({}, {"x-token": NEW.decode()}, "not the one agreed"),
        ({"prefix": "Bearer "}, {"x-token": OLD.decode()}, "not the one agreed"),
        ({"form": "basic"}, {"x-token": OLD.decode()}, "not the one agreed"),
        ({"form": "basic"}, {"x-token": b64encode(OLD).decode()}, "not the one agreed"),
    ],
)
def test_every_other_header_is_refused_with_the_reason(
    told: dict[str, Any], given_: dict[str, str], reason: str
) -> None:
    with pytest.raises(NotAuthenticated, match=reason):
        shown(by_header(**told), given_)


def test_a_secret_may_stand_in_the_body() -> None:
    told = source(secret={"secret": "OLD", "field": "not_null(header.token, token)"})
    shown(told, {}, {"token": OLD.decode()})
    shown(told, {}, {"header": {"token": OLD.decode()}})
    wrong: list[Any] = [None, {}, {"token": 7}, {"token": ""}, {"token": "guessed"}, [], "x"]
    for value in wrong:
        with pytest.raises(NotAuthenticated):
            shown(told, {}, value)


@given(st.text(max_size=60), st.sampled_from([{}, {"prefix": "Bearer "}, {"form": "basic"}]))
def test_no_header_whatever_is_in_it_breaks_the_check(text: str, told: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticated):
        shown(by_header(**told), {"x-token": text})


def settings(told: Source, **secrets: str) -> None:
    senders_of([told], secrets=secrets, tokens=None)


@pytest.mark.parametrize("proof", ["hmac", "secret"])
def test_a_secret_that_could_be_guessed_stops_the_start_and_is_not_shown(proof: str) -> None:
    told = source(authentication=proof, **{proof: {"secret": "OLD", "header": "X"}})
    settings(told, OLD="x" * SHORTEST)
    with pytest.raises(ConfigurationError, match="SSPR_HR_SECRETS__OLD has fewer than 16") as found:
        settings(told, OLD="y" * (SHORTEST - 1))
    assert "yyy" not in str(found.value)


def test_both_secrets_have_to_be_set_and_strong() -> None:
    told = by_header(secondSecret="NEW")
    with pytest.raises(ConfigurationError, match="set SSPR_HR_SECRETS__NEW"):
        settings(told, OLD=OLD.decode())
    with pytest.raises(ConfigurationError, match="SSPR_HR_SECRETS__NEW has fewer"):
        settings(told, OLD=OLD.decode(), NEW="short")


def test_a_coded_secret_is_measured_and_used_by_its_bytes() -> None:
    hmac = {"secret": "OLD", "header": "X", "secretEncoding": "base64"}
    told = source(authentication="hmac", hmac=hmac)
    text = f"whsec_{b64encode(b'0123456789abcdef').decode()}"
    settings(told, OLD=text)
    assert keys_of(told, {"old": text.encode()}) == [b"0123456789abcdef"]
    with pytest.raises(ConfigurationError, match="fewer than 16"):
        settings(told, OLD=b64encode(b"0123456789abcde").decode())
    with pytest.raises(ConfigurationError, match="is not base64") as found:
        settings(told, OLD="whsec_not/base-64/at!all")
    assert "at!all" not in str(found.value)
    as_hex = source(authentication="hmac", hmac=hmac | {"secretEncoding": "hex"})
    assert keys_of(as_hex, {"old": b"00ff" * 8}) == [bytes.fromhex("00ff" * 8)]
