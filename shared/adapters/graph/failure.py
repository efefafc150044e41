"""What Graph says when it refuses, in words that may be logged."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite
from typing import Self

from shared.domain.errors import DirectoryUnavailable

PASSING = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.CONFLICT,
        HTTPStatus.PRECONDITION_FAILED,
        HTTPStatus.LOCKED,
        HTTPStatus.FAILED_DEPENDENCY,
    }
)
"""Refusals that say nothing about what was asked: the same, a little later, may well be done.
A 409 is `Directory_ConcurrencyViolation`, "Please wait briefly and retry"."""
_WORTH_ANOTHER_TRY = PASSING | {500, 502}
"""The SDK retries 429, 503 and 504 by itself, but not these."""

NOT_ALLOWED = (
    "the app's identity has no such permission, or got it within the last 24 hours: its token is "
    "kept for that long and cannot be renewed; see docs/first-deployment.md"
)
"""Why Graph answers 403, and how long it will. Source: issue 101801 of MicrosoftDocs/azure-docs."""


class GraphFailure(DirectoryUnavailable):
    """A whole request was refused, or never answered.

    The text has the status, Graph's code and the request id for Microsoft's support; never
    Graph's own message, which may name a person.

    Attributes:
        status: the HTTP status; None when there was no answer.
        code: Graph's code of the error; empty when it gave none.
        transient: whether asking again at once may help.
    """

    def __init__(
        self,
        problem: str,
        *,
        status: int | None = None,
        code: str = "",
        transient: bool | None = None,
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(problem)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.transient = status in _WORTH_ANOTHER_TRY if transient is None else transient

    @classmethod
    def of_status(
        cls,
        status: int | None,
        code: str | None,
        request_id: str | None,
        retry_after: float | None = None,
    ) -> Self:
        """Makes the failure that an error response stands for."""
        problem = f"Graph answered {status} {code or 'without a code'}"
        if request_id:
            problem = f"{problem} (request {request_id})"
        if status == HTTPStatus.FORBIDDEN:
            problem = f"{problem}: {NOT_ALLOWED}"
        return cls(problem, status=status, code=code or "", retry_after=retry_after or 0.0)


class NoToken(GraphFailure):
    """Graph was not asked, since the app got no token for it."""


def seconds_to_wait(header: str | None) -> float | None:
    """Reads a Retry-After header: seconds, or a date (RFC 9110, 10.2.3).

    Returns:
        The seconds from now, not below 0; None where nothing can be read.
    """
    try:
        seconds = float(header or "")
    except ValueError:
        return _seconds_until(header or "")
    return max(seconds, 0.0) if isfinite(seconds) else None


def _seconds_until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    # By the machine's clock: it is that of the server that is meant, not the product's.
    return max((moment.astimezone(UTC) - datetime.now(UTC)).total_seconds(), 0.0)
