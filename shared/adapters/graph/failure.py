"""What Graph says when it refuses, in words that may be logged."""

from http import HTTPStatus
from typing import Self

from shared.domain.errors import DirectoryUnavailable

_WORTH_ANOTHER_TRY = frozenset({500, 502})
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
        transient: whether asking again at once may help.
    """

    def __init__(
        self, problem: str, *, status: int | None = None, transient: bool | None = None
    ) -> None:
        super().__init__(problem)
        self.status = status
        self.transient = status in _WORTH_ANOTHER_TRY if transient is None else transient

    @classmethod
    def of_status(cls, status: int | None, code: str | None, request_id: str | None) -> Self:
        """Makes the failure that an error response stands for."""
        problem = f"Graph answered {status} {code or 'without a code'}"
        if request_id:
            problem = f"{problem} (request {request_id})"
        if status == HTTPStatus.FORBIDDEN:
            problem = f"{problem}: {NOT_ALLOWED}"
        return cls(problem, status=status)


class NoToken(GraphFailure):
    """Graph was not asked, since the app got no token for it."""
