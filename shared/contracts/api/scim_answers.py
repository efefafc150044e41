"""What SCIM clients are answered: a user, a bulk response, an error; RFC 7644."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from shared.domain.errors import InvalidMessage, SsprRolloutError

MEDIA_TYPE = "application/scim+json"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
_BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_OWN = "urn:ietf:params:scim:schemas:extension:sspr-rollout:2.0:Event"
_BAD_REQUEST = 400

type Json = dict[str, Any]


class ScimProblem(Enum):
    """What a request is refused for: the status, and the standard's word (RFC 7644, table 9)."""

    INVALID_FILTER = (400, "invalidFilter")
    INVALID_PATH = (400, "invalidPath")
    INVALID_SYNTAX = (400, "invalidSyntax")
    INVALID_VALUE = (400, "invalidValue")
    MUTABILITY = (400, "mutability")
    NO_TARGET = (400, "noTarget")
    TOO_MANY = (413, "tooMany")
    UNIQUENESS = (409, "uniqueness")
    NOT_FOUND = (404, None)
    NOT_ALLOWED = (405, None)
    CHANGED = (412, None)
    CONTESTED = (503, None)
    NOT_IMPLEMENTED = (501, None)


class ScimRefusal(SsprRolloutError):
    """A request that a SCIM service provider does not carry out, with its reason."""

    def __init__(self, problem: ScimProblem, detail: str) -> None:
        super().__init__(detail)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ScimAnswer:
    """What a SCIM client is answered."""

    status: int
    body: Json | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOperation:
    """What became of one operation of a bulk request: an event, a refusal, or nothing."""

    method: str
    bulk_id: str | None
    key: str | None = None
    """The event's, to follow it by."""
    is_listed: bool = False
    """Whether the event enrols nobody: the operation does not say that the user joins."""
    problem: InvalidMessage | None = None


def user_answer(key: str, *, is_listed: bool = False) -> Json:
    """The answer to one user: known from now on by the event's key."""
    told = {_OWN: {"listed": True}} if is_listed else {}
    schemas = [CORE, *told]
    return {"schemas": schemas, "id": key, "meta": {"resourceType": "User"}, **told}


def bulk_answer(operations: Iterable[BulkOperation], events_url: str) -> Json:
    """A BulkResponse; `events_url` is where to ask for an event, without its key."""
    answered = [_operation(one, events_url) for one in operations]
    return {"schemas": [_BULK_RESPONSE], "Operations": answered}


def error_answer(status: int, detail: str, scim_type: str | None = None) -> Json:
    """An error as RFC 7644, section 3.12, has it."""
    word = scim_type or ("invalidValue" if status == _BAD_REQUEST else None)
    kind = {"scimType": word} if word else {}
    return {"schemas": [_ERROR], "status": str(status), "detail": detail, **kind}


def list_answer(resources: Sequence[Json], *, total: int, start: int = 1) -> Json:
    """A ListResponse: one page, beginning with resource number `start` of `total`."""
    return {
        "schemas": [_LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }


def bulk_response(operations: Sequence[Json]) -> Json:
    """A BulkResponse of operations that were carried out or refused."""
    return {"schemas": [_BULK_RESPONSE], "Operations": list(operations)}


def _operation(operation: BulkOperation, events_url: str) -> Json:
    answer: Json = {"method": operation.method}
    if operation.bulk_id is not None:
        answer["bulkId"] = operation.bulk_id
    if operation.problem is not None:
        detail = error_answer(_BAD_REQUEST, str(operation.problem))
        return answer | {"status": str(_BAD_REQUEST), "response": detail}
    if operation.key is None:
        return answer | {"status": "204"}
    accepted = answer | {"status": "202", "location": f"{events_url}/{operation.key}"}
    listed = user_answer(operation.key, is_listed=True) if operation.is_listed else None
    return accepted | ({"response": listed} if listed else {})
