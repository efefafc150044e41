"""What the HTTP functions answer: a view as JSON, or an error in words and with its status."""

from collections.abc import Mapping

import azure.functions as func

from shared.contracts.api.error_views import ErrorAnswer, FindingView, Problem
from shared.contracts.api.health_views import HealthWord
from shared.contracts.api.operator_requests import DocumentText
from shared.contracts.api.view import View
from shared.contracts.documents.finding import InvalidDocument
from shared.domain.errors import (
    BadMediaType,
    DirectoryUnavailable,
    InvalidMessage,
    LedgerConflict,
    LengthRequired,
    NotAuthenticated,
    NotAuthorised,
    NotPossible,
    ServiceUnavailable,
    SsprRolloutError,
    TooLarge,
    UnknownSource,
    UnsafePlan,
    WorldChanged,
)

JSON = "application/json"
TEXT = "text/plain"
YAML = "application/yaml"
"""RFC 9512."""
_MOST_FINDINGS = 100
"""Of a document; `sspr lint` shows all."""


class NotFound(SsprRolloutError):
    """Nothing is known by that name."""


_STATUS: Mapping[type[SsprRolloutError], int] = {
    TooLarge: 413,
    LengthRequired: 411,
    BadMediaType: 415,
    InvalidMessage: 400,
    NotAuthenticated: 401,
    NotAuthorised: 403,
    NotFound: 404,
    UnknownSource: 404,
    NotPossible: 409,
    UnsafePlan: 409,
    WorldChanged: 409,
    LedgerConflict: 409,
    DirectoryUnavailable: 503,
    ServiceUnavailable: 503,
}


def answer(view: View, status_code: int = 200) -> func.HttpResponse:
    """The view as JSON; a rollout document as the YAML it is, a word as it is."""
    if isinstance(view, HealthWord):
        return func.HttpResponse(view.word, status_code=status_code, mimetype=TEXT)
    if isinstance(view, DocumentText):
        return func.HttpResponse(view.text, status_code=status_code, mimetype=YAML)
    return func.HttpResponse(view.as_json(), status_code=status_code, mimetype=JSON)


def there[T](found: T | None, otherwise: str) -> T:
    """What was found.

    Raises:
        NotFound: it is None; `otherwise` says what there is not.
    """
    if found is None:
        raise NotFound(otherwise)
    return found


def status_of(error: SsprRolloutError) -> int:
    """The status of what is the sender's fault, or passes; all else is raised again."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), None)
    if status is None:
        raise error
    return status


def refusal(error: SsprRolloutError) -> func.HttpResponse:
    """What the error is to whoever asked; one that is nobody's fault outside is raised again."""
    status = status_of(error)
    text = ErrorAnswer(error=_problem(error)).model_dump_json(by_alias=True, exclude_defaults=True)
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, NotAuthenticated) else None
    return func.HttpResponse(text, status_code=status, mimetype=JSON, headers=headers)


def _problem(error: SsprRolloutError) -> Problem:
    if not isinstance(error, InvalidMessage):
        return Problem(reason=str(error))
    findings = error.findings if isinstance(error, InvalidDocument) else ()
    return Problem(
        field=error.field,
        reason=error.reason,
        findings=tuple(
            FindingView(line=one.line, column=one.column, field=one.field, reason=one.reason)
            for one in findings[:_MOST_FINDINGS]
        ),
    )
