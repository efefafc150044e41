"""Secrets that a sender sends along unchanged: in a header of its choice, as Basic, in the body."""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from shared.contracts.documents.hr_sources.expression import evaluated
from shared.contracts.documents.hr_sources.proofs import StaticSecret
from shared.domain.errors import InvalidMessage, NotAuthenticated
from shared.hr.request import HrRequest

_PREFIXES = {"basic": "Basic ", "bearer": "Bearer "}


def check(told: StaticSecret, secrets: Sequence[bytes], request: HrRequest, value: Any) -> None:
    """Lets the request pass if it carries one of the secrets.

    Args:
        told: where it is sent.
        secrets: two while one is being changed.
        request: as it came.
        value: its body as a tree; looked at only where the secret stands in the body.

    Raises:
        NotAuthenticated: it is missing or wrong.
    """
    given = _in_body(told, value) if told.field else _in_header(told, request)
    wanted = [b64encode(one) if told.form == "basic" else one for one in secrets]
    # Each is compared, so that the time taken tells of none.
    matches = [hmac.compare_digest(given, one) for one in wanted]
    if not any(matches):
        raise NotAuthenticated("the secret is not the one agreed")


def _in_header(told: StaticSecret, request: HrRequest) -> bytes:
    header = told.header or "Authorization"
    given = request.header(header).strip()
    if not given:
        raise NotAuthenticated(f"the header {header} is missing")
    # The scheme's name is compared without regard to case. Source: RFC 9110, section 11.1.
    prefix = (_PREFIXES.get(told.form) or told.prefix or "").rstrip()
    if given[: len(prefix)].lower() != prefix.lower():
        return b""
    return given[len(prefix) :].strip().encode(errors="replace")


def _in_body(told: StaticSecret, value: Any) -> bytes:
    place = told.field or ""
    try:
        found = evaluated(place, value)
    except InvalidMessage:
        found = None
    if not isinstance(found, str) or not found:
        raise NotAuthenticated(f"{place} is missing in the body")
    return found.encode(errors="replace")
