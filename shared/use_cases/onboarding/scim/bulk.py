"""Bulk requests: several operations, each of which stands by itself; RFC 7644, section 3.7."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared.contracts.api.scim_answers import (
    Json,
    ScimAnswer,
    ScimProblem,
    ScimRefusal,
    bulk_response,
)
from shared.domain.errors import SsprRolloutError, TooLarge
from shared.hr.scim_service.discovery import MOST_BULK_OPERATIONS
from shared.hr.translation import object_of, part_without_case
from shared.use_cases.onboarding.scim.refusals import refused

type Single = Callable[[str, str, Any, str | None], Awaitable[ScimAnswer]]
"""Carries out a method on a path with a body, on the version that is given."""
_BULK_ID = "bulkid:"
_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_FIRST_ERROR = 400


async def carry_out_all(body: Any, single: Single) -> ScimAnswer:
    """Carries out each operation in order, until more fail than `failOnErrors` allows.

    Raises:
        ScimRefusal, InvalidMessage: it is no bulk request.
        TooLarge: it has too many operations.
    """
    request = object_of(body, "(body)")
    operations = part_without_case(request, "Operations").value
    if not isinstance(operations, list):
        raise ScimRefusal(ScimProblem.INVALID_SYNTAX, "Operations: write a list")
    if len(operations) > MOST_BULK_OPERATIONS:
        raise TooLarge("Operations", f"send at most {MOST_BULK_OPERATIONS} operations at once")
    allowed = part_without_case(request, "failOnErrors").value
    made: dict[str, str] = {}
    answered: list[Json] = []
    failed = 0
    for operation in operations:
        answered.append(answer := await _carry_out(operation, single, made))
        failed += int(answer["status"]) >= _FIRST_ERROR
        if isinstance(allowed, int) and 0 < allowed <= failed:
            break
    return ScimAnswer(status=200, body=bulk_response(answered))


async def _carry_out(operation: Any, single: Single, made: dict[str, str]) -> Json:
    """Carries one out; `made` are the ids that those before it have made, by their bulk ids."""
    answered: Json = {"method": ""}
    try:
        said = object_of(operation, "Operations")
        bulk_id = part_without_case(said, "bulkId").text
        if bulk_id is not None:
            answered["bulkId"] = bulk_id
        answered["method"] = method = part_without_case(said, "method").required.upper()
        if method not in _METHODS:
            raise ScimRefusal(ScimProblem.INVALID_SYNTAX, f"method: write {', '.join(_METHODS)}")
        path = _resolved(part_without_case(said, "path").required, made)
        version = part_without_case(said, "version").text
        answer = await single(method, path, part_without_case(said, "data").value, version)
    except SsprRolloutError as error:
        answer = refused(error)
    if bulk_id := answered.get("bulkId"):
        _remember(made, bulk_id, answer.body)
    return answered | _outcome(answer)


def _resolved(path: str, made: Mapping[str, str]) -> str:
    head, _, last = path.rpartition("/")
    if not last.lower().startswith(_BULK_ID):
        return path
    user_id = made.get(last[len(_BULK_ID) :])
    if user_id is None:
        raise ScimRefusal(ScimProblem.INVALID_VALUE, "path: no operation before has this bulkId")
    return f"{head}/{user_id}"


def _remember(made: dict[str, str], bulk_id: str, body: Json | None) -> None:
    if body and "id" in body:
        made[bulk_id] = str(body["id"])


def _outcome(answer: ScimAnswer) -> Json:
    outcome: Json = {"status": str(answer.status)}
    if answer.status >= _FIRST_ERROR:
        return outcome | {"response": answer.body}
    meta = (answer.body or {}).get("meta", {})
    return outcome | {name: meta[name] for name in ("location", "version") if name in meta}
