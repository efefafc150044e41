"""The port `Dependency`: Graph, permission by permission."""

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from urllib.parse import quote

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.scope import look_at_group
from shared.adapters.graph.trouble import not_reached
from shared.domain.health import DependencyKind, NotReached, Trouble
from shared.domain.person.policy import Topology
from shared.domain.person.scope_group import obstacle_to_topology
from shared.ports.dependency import Check

_GROUP = "GroupMember.ReadWrite.All or GroupMember.Read.All"
# What is asked of each permission in infra/graph/permissions.json that reading can show. Whether
# the scope group may be written shows only when it is, and as far as its kind tells before that.
_LOOKS = {
    "users": ("User.Read.All", "/users?$select=id&$top=1"),
    "scope group": (
        _GROUP,
        "/groups/{group}/transitiveMembers?$select=id&$top=1",
    ),
    "registration report": (
        "AuditLog.Read.All",
        "/reports/authenticationMethods/userRegistrationDetails?$top=1",
    ),
    "audit log": ("AuditLog.Read.All", "/auditLogs/directoryAudits?$top=1"),
}

_ROLES = "RoleManagement.Read.Directory"
_ROLE_LOOKS = {
    "role assignments": (_ROLES, "/roleManagement/directory/roleAssignments?$top=1"),
    "eligible roles": (_ROLES, "/roleManagement/directory/roleEligibilitySchedules?$top=1"),
}


class GraphHealth:
    """Asks Graph for one row of everything that the product reads, and for the group's kind."""

    def __init__(
        self,
        client: GraphClient,
        scope_group_id: str,
        topology: Topology = Topology.NESTED,
        *,
        reads_role_assignments: bool = False,
        cloud_sync_ids: Collection[str] = (),
    ) -> None:
        self._client = client
        self._group_id = scope_group_id
        self._group = quote(scope_group_id, safe="")
        self._topology = topology
        self._looks = _LOOKS | (_ROLE_LOOKS if reads_role_assignments else {})
        if cloud_sync_ids:
            self._looks = self._looks | _looks_at_cloud_sync(cloud_sync_ids)

    def checks(self) -> list[Check]:
        """Returns a check for each thing that is read, named by it, with the permission needed."""
        reads = [
            _check(name, permission, partial(self._look, path.format(group=self._group)))
            for name, (permission, path) in self._looks.items()
        ]
        return [*reads, _check("kind of scope group", _GROUP, self._look_at_kind)]

    async def _look(self, path: str) -> None:
        with not_reached():
            await self._client.get(path)

    async def _look_at_kind(self) -> None:
        with not_reached():
            group = await look_at_group(self._client, self._group_id)
        if obstacle := obstacle_to_topology(group, self._topology):
            raise NotReached(Trouble.WRONG_KIND, f"{obstacle}: {obstacle.text}")


def _check(name: str, permission: str, look: Callable[[], Awaitable[None]]) -> Check:
    return Check(kind=DependencyKind.GRAPH, name=name, purpose=permission, look=look)


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
