"""The port `Dependency`: Graph, permission by permission."""

from collections.abc import Collection
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.failure import GraphFailure, NoToken
from shared.domain.health import DependencyKind, NotReached, Trouble
from shared.ports.dependency import Check

# What is asked of each permission in infra/graph/permissions.json that reading can show. Whether
# the scope group may be written shows only when it is.
_LOOKS = {
    "users": ("User.Read.All", "/users?$select=id&$top=1"),
    "scope group": (
        "GroupMember.ReadWrite.All or GroupMember.Read.All",
        "/groups/{group}/transitiveMembers?$select=id&$top=1",
    ),
    "registration report": (
        "AuditLog.Read.All",
        "/reports/authenticationMethods/userRegistrationDetails?$top=1",
    ),
    "audit log": ("AuditLog.Read.All", "/auditLogs/directoryAudits?$top=1"),
}


class GraphHealth:
    """Asks Graph for one row of everything that the product reads."""

    def __init__(
        self, client: GraphClient, scope_group_id: str, cloud_sync_ids: Collection[str] = ()
    ) -> None:
        self._client = client
        self._group = quote(scope_group_id, safe="")
        self._looks = _LOOKS | (_looks_at_cloud_sync(cloud_sync_ids) if cloud_sync_ids else {})

    def checks(self) -> list[Check]:
        """Returns a check for each thing that is read, named by it, with the permission needed."""
        return [
            Check(
                kind=DependencyKind.GRAPH,
                name=name,
                purpose=permission,
                look=partial(self._look, path.format(group=self._group)),
            )
            for name, (permission, path) in self._looks.items()
        ]

    async def _look(self, path: str) -> None:
        try:
            await self._client.get(path)
        except GraphFailure as failure:
            raise NotReached(_trouble(failure), str(failure)) from None


def _looks_at_cloud_sync(service_principal_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    # Each configuration by itself: a wrong id of one of them would hide behind the others.
    jobs = {
        f"cloud sync {one}": (
            "Synchronization.Read.All",
            f"/servicePrincipals/{quote(one, safe='')}/synchronization/jobs",
        )
        for one in sorted(service_principal_ids)
    }
    log = ("ProvisioningLog.Read.All", "/auditLogs/provisioning?$top=1")
    return {**jobs, "provisioning log": log}


def _trouble(failure: GraphFailure) -> Trouble:
    if isinstance(failure, NoToken):
        return Trouble.NO_TOKEN
    match failure.status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return Trouble.FORBIDDEN
        case HTTPStatus.NOT_FOUND:
            return Trouble.MISSING
        case None:
            return Trouble.UNREACHABLE
        case _:
            return Trouble.FAILED
