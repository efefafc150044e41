"""The text that a body is kept as: what fits is whole, and of the rest it is said what it was."""

import hashlib
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.ports.ledger import MOST_OF_A_BODY
from shared.ports.limits import units_of
from shared.use_cases.kept_text import kept_text


@given(st.text(max_size=200))
def test_what_is_utf_8_is_kept_as_it_is(text: str) -> None:
    assert kept_text(text.encode("utf-8", "backslashreplace")).encode() == text.encode(
        "utf-8", "backslashreplace"
    )


@given(st.binary(max_size=200))
def test_what_is_not_is_kept_with_each_byte_told(body: bytes) -> None:
    assert kept_text(body) == body.decode("utf-8", "backslashreplace")


@pytest.mark.parametrize("size", [MOST_OF_A_BODY // 4 + 1, MOST_OF_A_BODY // 2])
def test_where_escapes_would_not_fit_it_is_base64(size: int) -> None:
    body = b"\xff" * size
    encoded = kept_text(body)
    assert b64decode(encoded.removeprefix("base64:"), validate=True) == body


@pytest.mark.parametrize("unit", [b"\xff", b"a", "\U0001f600".encode()])
def test_a_mebibyte_of_anything_is_cut_with_its_length_and_digest(unit: bytes) -> None:
    body = unit * (1024 * 1024 // len(unit))
    kept = kept_text(body)
    assert units_of(kept) <= MOST_OF_A_BODY
    assert hashlib.sha256(body).hexdigest() in kept
    assert f"{len(body):,} bytes" in kept
