"""The guard before every door: what a request may look like before anything of it is read.

Nothing here looks into the body, so that a refusal costs next to nothing, whoever asks.
"""

from collections.abc import Mapping

import azure.functions as func

from functions.requests import lowered_headers
from shared.contracts.messages.contract import check_size
from shared.domain.errors import BadMediaType, LengthRequired

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_CODINGS = frozenset({"", "identity"})
_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})


def body_of(req: func.HttpRequest, *, in_any_charset: bool = False) -> bytes:
    """The body of a request whose headers promise nothing that would not be kept.

    Args:
        req: as it came.
        in_any_charset: whether the reader heeds the charset itself, as that of HR systems does.

    Raises:
        LengthRequired: it comes in chunks; the Functions host hands on none of such a body, and a
            signature over it would seem to be wrong (azure-functions-host #4926, November 2026).
        BadMediaType: it is compressed, or in another charset than UTF-8.
        TooLarge: it is.
    """
    headers = lowered_headers(req)
    if req.method not in _WITHOUT_BODY:
        _check_length(headers)
    _check_coding(headers)
    if not in_any_charset:
        _check_charset(headers)
    body: bytes = req.get_body()
    check_size(len(body))
    return body


def _check_length(headers: Mapping[str, str]) -> None:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        raise LengthRequired("(body)", "send it with its Content-Length, not in chunks")
    told = headers.get("content-length", "")
    if told.isascii() and told.isdecimal():
        check_size(int(told[:20]))


def _check_coding(headers: Mapping[str, str]) -> None:
    coding = headers.get("content-encoding", "").strip().lower()
    if coding not in _CODINGS:
        raise BadMediaType("Content-Encoding", "send the body as it is, not compressed")


def _check_charset(headers: Mapping[str, str]) -> None:
    for parameter in headers.get("content-type", "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip('"').lower()
        if name.strip().lower() == "charset" and charset not in _CHARSETS:
            raise BadMediaType("Content-Type", "send the body in UTF-8")
