"""What a SCIM client is told when something is not done."""

from collections.abc import Mapping

from shared.contracts.api.scim_answers import ScimAnswer, ScimProblem, ScimRefusal, error_answer
from shared.domain.errors import (
    BadMediaType,
    DirectoryUnavailable,
    InvalidMessage,
    LedgerConflict,
    LengthRequired,
    NotAuthenticated,
    NotAuthorised,
    ServiceUnavailable,
    SsprRolloutError,
    TooLarge,
)
from shared.ports.scim_users import UserNameTaken

_ANSWERS: Mapping[type[SsprRolloutError], tuple[int, str | None]] = {
    UserNameTaken: ScimProblem.UNIQUENESS.value,
    TooLarge: (413, None),
    LengthRequired: (411, None),
    BadMediaType: (415, None),
    InvalidMessage: ScimProblem.INVALID_VALUE.value,
    NotAuthenticated: (401, None),
    NotAuthorised: (403, None),
    LedgerConflict: ScimProblem.CONTESTED.value,
    DirectoryUnavailable: (503, None),
    ServiceUnavailable: (503, None),
}
_PASSES = 503


def refused(error: SsprRolloutError) -> ScimAnswer:
    """Returns the error as SCIM has it; what is nobody's fault outside is raised again."""
    if isinstance(error, ScimRefusal):
        status, word = error.problem.value
    else:
        found = next((one for kind, one in _ANSWERS.items() if isinstance(error, kind)), None)
        if found is None:
            raise error
        status, word = found
    headers: dict[str, str] = {}
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if status == _PASSES:
        headers["Retry-After"] = "5"
    return ScimAnswer(status=status, body=error_answer(status, str(error), word), headers=headers)
