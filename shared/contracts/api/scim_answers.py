"""What SCIM clients are answered: a user, a bulk response, an error; RFC 7644."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.domain.errors import InvalidMessage

MEDIA_TYPE = "application/scim+json"
CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
_BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
_BAD_REQUEST = 400

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOperation:
    """What became of one operation of a bulk request: an event, a refusal, or nothing."""

    method: str
    bulk_id: str | None
    key: str | None = None
    """The event's, to follow it by."""
    problem: InvalidMessage | None = None


def user_answer(key: str) -> Json:
    """The answer to one user: known from now on by the event's key."""
    return {"schemas": [CORE], "id": key, "meta": {"resourceType": "User"}}


def bulk_answer(operations: Iterable[BulkOperation], events_url: str) -> Json:
    """A BulkResponse; `events_url` is where to ask for an event, without its key."""
    answered = [_operation(one, events_url) for one in operations]
    return {"schemas": [_BULK_RESPONSE], "Operations": answered}


def error_answer(status: int, detail: str) -> Json:
    """An error as RFC 7644, section 3.12, has it."""
    kind = {"scimType": "invalidValue"} if status == _BAD_REQUEST else {}
    return {"schemas": [_ERROR], "status": str(status), "detail": detail, **kind}


def _operation(operation: BulkOperation, events_url: str) -> Json:
    answer: Json = {"method": operation.method}
    if operation.bulk_id is not None:
        answer["bulkId"] = operation.bulk_id
    if operation.problem is not None:
        detail = error_answer(_BAD_REQUEST, str(operation.problem))
        return answer | {"status": str(_BAD_REQUEST), "response": detail}
    if operation.key is None:
        return answer | {"status": "204"}
    return answer | {"status": "202", "location": f"{events_url}/{operation.key}"}
