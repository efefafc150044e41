"""The errors of Microsoft Graph, with the codes and texts that clients match on."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from sandbox.tenant.clock import timestamp


class GraphError(Exception):
    """A request that Graph refuses."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    def body(self, now: float) -> dict[str, Any]:
        """The error as Graph sends it."""
        request_id = str(uuid4())
        inner = {"date": timestamp(now)[:19], "request-id": request_id}
        inner["client-request-id"] = request_id
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}


def unauthenticated(reason: str) -> GraphError:
    """The bearer token is missing or worthless."""
    return GraphError(
        401, "InvalidAuthenticationToken", reason, {"WWW-Authenticate": 'Bearer realm=""'}
    )


def denied() -> GraphError:
    """The app lacks a permission, or the group is of a kind that it may not write."""
    return GraphError(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )


def bad_request(message: str) -> GraphError:
    """The request breaks a rule of the directory."""
    return GraphError(400, "Request_BadRequest", message)


def malformed(message: str) -> GraphError:
    """The request cannot be understood."""
    return GraphError(400, "BadRequest", message)


def unsupported_query(message: str) -> GraphError:
    """The query is understood, but not offered."""
    return GraphError(400, "Request_UnsupportedQuery", message)


def resource_not_found(identifier: str) -> GraphError:
    """Nobody and nothing has this id."""
    return GraphError(
        404,
        "Request_ResourceNotFound",
        f"Resource '{identifier}' does not exist or one of its queried reference-property "
        "objects are not present.",
    )


def no_such_path(path: str) -> GraphError:
    """Graph has no such segment, or this tenant does not offer it."""
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{path}'.")


def already_member() -> GraphError:
    """At least one of the references to add is there already."""
    return bad_request(
        "One or more added object references already exist for the following modified "
        "properties: 'members'."
    )


def not_replicated() -> GraphError:
    """The object exists, but not yet where this request was served."""
    return bad_request(
        "The source resource object or one of the objects being referenced don't exist."
    )


def mastered_on_premises() -> GraphError:
    """The group is written by Entra Connect only."""
    return bad_request(
        "Unable to update the specified properties for on-premises mastered Directory Sync "
        "objects or objects currently undergoing migration."
    )


def concurrency_violation() -> GraphError:
    """Too many writes at once, to the tenant or to one group."""
    return GraphError(
        409,
        "Directory_ConcurrencyViolation",
        "Error due to concurrent requests being made to the tenant. Please wait briefly and retry.",
    )


def removed_references_missing() -> GraphError:
    """There is no such membership to remove, as far as this replica knows."""
    return bad_request(
        "One or more removed object references do not exist for the following modified "
        "properties: 'members'."
    )


def mail_enabled_group() -> GraphError:
    """The group is written by Exchange only."""
    return bad_request("Cannot Update a mail-enabled security groups and or distribution list.")


def external_group() -> GraphError:
    """The group is written only by the service that made it."""
    return bad_request(
        "Unable to update the specified properties for objects that have originated within an "
        "external service."
    )


def page_token_expired() -> GraphError:
    """The client has to read the list again from its start."""
    return GraphError(
        400,
        "Directory_ExpiredPageToken",
        "The specified page token value has expired and can no longer be included in your request.",
    )


def delta_token_expired() -> GraphError:
    """The client has to start its delta query again."""
    return GraphError(
        410,
        "Directory_ExpiredPageToken",
        "The specified page token value has expired and can no longer be included in your request.",
    )


def throttled(retry_after: int, headers: dict[str, str]) -> GraphError:
    """A quota is used up; `retry_after` is in whole seconds."""
    return GraphError(
        429,
        "TooManyRequests",
        "Too many requests. Retry after the time that Retry-After gives.",
        {"Retry-After": str(retry_after), **headers},
    )


NAMED: Mapping[str, Callable[[], GraphError]] = {
    "concurrency-violation": concurrency_violation,
    "request-timeout": lambda: GraphError(408, "RequestTimeout", "The request timed out."),
    "precondition-failed": lambda: GraphError(
        412, "Request_PreconditionFailed", "The resource was changed by another request."
    ),
    "locked": lambda: GraphError(423, "Locked", "The resource is locked."),
    "failed-dependency": lambda: GraphError(424, "FailedDependency", "Failed Dependency"),
    "not-replicated": not_replicated,
    "not-replicated-in-other-words": lambda: bad_request(
        "The source resource object or one of the objects being referenced do not exist."
    ),
    "not-found": lambda: resource_not_found("00000000-0000-0000-0000-000000000000"),
    "removed-references-missing": removed_references_missing,
    "mastered-on-premises": mastered_on_premises,
    "mail-enabled-group": mail_enabled_group,
    "external-group": external_group,
    "page-token-expired": page_token_expired,
    "page-token-forgotten": lambda: GraphError(
        410, "ResourceNotFound", "The page that was asked for is no longer there."
    ),
    "unsupported-query": lambda: unsupported_query("This query is not supported."),
    "unknown": lambda: GraphError(
        422, "Request_Unprocessable", "Nobody has written down what this means."
    ),
}
"""Refusals that may be asked for by name, with the codes and texts that clients match on.

Sources, read in November 2026: learn.microsoft.com/graph/errors, /graph/api/group-post-members,
and for 409, the external service and the page token what Graph answered in public issues
(hashicorp/terraform-provider-azuread, microsoftgraph/msgraph-sdk-dotnet).
"""
