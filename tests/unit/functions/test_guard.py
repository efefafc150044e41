"""The guard before every door: what is refused by a request's headers and size alone."""

from contextlib import suppress

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.guard import body_of
from shared.contracts.messages.contract import LARGEST_BODY
from shared.domain.errors import BadMediaType, InvalidMessage, LengthRequired, TooLarge


def request(
    body: bytes = b"{}", method: str = "POST", headers: dict[str, str] | None = None
) -> func.HttpRequest:
    return func.HttpRequest(method=method, url="/api/x", headers=headers or {}, body=body)


@pytest.mark.parametrize("size", [0, 1, LARGEST_BODY])
def test_a_body_of_the_size_that_is_taken_comes_as_it_is(size: int) -> None:
    body = b" " * size
    assert body_of(request(body)) == body


def test_one_byte_more_is_too_large_and_says_how_much_is_not() -> None:
    with pytest.raises(TooLarge, match="1,048,576 bytes"):
        body_of(request(b" " * (LARGEST_BODY + 1)))


def test_a_length_that_is_told_is_enough_to_refuse() -> None:
    with pytest.raises(TooLarge):
        body_of(request(headers={"Content-Length": "9" * 40}))


@pytest.mark.parametrize("coding", ["chunked", "gzip, chunked", "CHUNKED"])
def test_chunks_are_refused_whatever_the_signature_is(coding: str) -> None:
    with pytest.raises(LengthRequired, match="Content-Length"):
        body_of(request(b"", headers={"Transfer-Encoding": coding}))


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "gzip, identity", "zstd"])
def test_what_is_compressed_is_refused(coding: str) -> None:
    with pytest.raises(BadMediaType, match="not compressed"):
        body_of(request(headers={"content-encoding": coding}))


@pytest.mark.parametrize("kind", ["application/json; charset=utf-16", 'text/csv; CharSet="cp1252"'])
def test_another_charset_is_refused(kind: str) -> None:
    with pytest.raises(BadMediaType, match="UTF-8"):
        body_of(request(headers={"Content-Type": kind}))


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Type": "application/cloudevents+json; charset=utf-8"},
        {"Content-Type": 'application/json;charset="UTF-8"; odata=minimal'},
        {"Content-Encoding": "identity"},
        {"Transfer-Encoding": "", "Content-Length": "2"},
    ],
)
def test_what_senders_write_of_plain_json_passes(headers: dict[str, str]) -> None:
    assert body_of(request(headers=headers)) == b"{}"


def test_who_only_asks_needs_no_length() -> None:
    assert body_of(request(b"", "GET", {"Transfer-Encoding": "chunked"})) == b""


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=40)), st.binary(max_size=200))
def test_whatever_the_headers_it_passes_whole_or_is_refused_by_name(
    headers: dict[str, str], body: bytes
) -> None:
    with suppress(InvalidMessage):
        assert body_of(request(body, headers=headers)) == body
