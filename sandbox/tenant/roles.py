"""Graph's role assignments: who holds a directory role, where, and who may make one theirs."""

from collections.abc import Callable
from typing import Any

from sandbox.company import object_id
from sandbox.tenant.directory import User
from sandbox.tenant.odata import page, selected
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse

TEMPLATES = {
    "Directory Readers": "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Global Reader": "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Reports Reader": "4a5d8f65-41da-4de4-8968-e035b65339cf",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
}
"""Template ids; others are made up.

Source: https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference
"""
_FIELDS = ("id", "principalId", "roleDefinitionId", "directoryScopeId")
_TENANT, _UNIT = "/", "/administrativeUnits/11111111-1111-4111-8111-111111111111"


def template_id(name: str) -> str:
    """The template id of a directory role, by its display name."""
    return TEMPLATES.get(name) or object_id("roleTemplate", name)


def list_role_assignments(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /roleManagement/directory/roleAssignments: in the tenant and in units."""
    return _listed(
        tenant,
        request,
        "roleAssignments",
        lambda user: [(one, _TENANT) for one in user.roles] + [(o, _UNIT) for o in user.unit_roles],
    )


def list_role_eligibilities(tenant: Tenant, request: GraphRequest) -> GraphResponse:
    """GET /roleManagement/directory/roleEligibilitySchedules."""
    return _listed(
        tenant,
        request,
        "roleEligibilitySchedules",
        lambda user: [(role, _TENANT) for role in user.eligible_roles],
    )


def _listed(
    tenant: Tenant,
    request: GraphRequest,
    entity: str,
    roles: Callable[[User], list[tuple[str, str]]],
) -> GraphResponse:
    names = selected(request, _FIELDS, "unifiedRoleAssignment") or list(_FIELDS)
    rows: list[dict[str, Any]] = [
        {
            "id": object_id(entity, f"{user.id} {role} {scope}"),
            "principalId": user.id,
            "roleDefinitionId": template_id(role),
            "directoryScopeId": scope,
        }
        for user in tenant.directory.users.values()
        for role, scope in roles(user)
    ]
    return page(
        request,
        f"roleManagement/directory/{entity}",
        rows,
        key=lambda row: str(row["id"]),
        render=lambda row: {name: row[name] for name in names},
    )
