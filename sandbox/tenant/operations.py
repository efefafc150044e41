"""The operations of Graph that this tenant offers: path, permission, cost and handler."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from sandbox.tenant import (
    groups,
    lifecycle,
    on_demand,
    organization,
    policies,
    reports,
    roles,
    synchronization,
    users,
)
from sandbox.tenant.odata import page_size
from sandbox.tenant.quotas import Cost
from sandbox.tenant.tenant import Tenant
from sandbox.tenant.wire import GraphRequest, GraphResponse

Handler = Callable[[Tenant, GraphRequest], GraphResponse | Awaitable[GraphResponse]]

_DIRECTORY = {"Directory.Read.All", "Directory.ReadWrite.All"}
_READ_USERS = {"User.Read.All", "User.ReadWrite.All", *_DIRECTORY}
_WRITE_MEMBERS = {"GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"}
_READ_MEMBERS = {"GroupMember.Read.All", "Group.Read.All", *_WRITE_MEMBERS, *_DIRECTORY}
_READ_LICENCES = {"LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All", *_DIRECTORY}
_READ_ORGANIZATION = {"Organization.Read.All", "Organization.ReadWrite.All", *_DIRECTORY}
_READ_AUDITS = {"AuditLog.Read.All"}
_READ_PROVISIONING = {"ProvisioningLog.Read.All"}
_READ_JOBS = {"Synchronization.Read.All", "Synchronization.ReadWrite.All"}
_WRITE_JOBS = {"Synchronization.ReadWrite.All"}
_READ_ROLES = {"RoleManagement.Read.Directory", "RoleManagement.Read.All"}
_READ_METHODS = {
    *("Policy.Read.AuthenticationMethod", "Policy.ReadWrite.AuthenticationMethod"),
    "Policy.Read.All",
}
_READ_CONDITIONAL_ACCESS = {"Policy.Read.All", "Policy.Read.ConditionalAccess"}
_READ_SYNC = {
    "OnPremDirectorySynchronization.Read.All",
    "OnPremDirectorySynchronization.ReadWrite.All",
}

ALL_PERMISSIONS = (
    "User.Read.All",
    "GroupMember.ReadWrite.All",
    "LicenseAssignment.Read.All",
    "Organization.Read.All",
    "AuditLog.Read.All",
    "OnPremDirectorySynchronization.Read.All",
    "ProvisioningLog.Read.All",
    "Synchronization.Read.All",
    "Synchronization.ReadWrite.All",
    "RoleManagement.Read.Directory",
    "Policy.Read.All",
)
"""What together allows every operation here: more than the product asks for."""

_FEW = 20
"""A `$top` below this costs a unit less."""


@dataclass(frozen=True)
class Operation:
    """One operation, under the path template of Microsoft's description."""

    method: str
    template: str
    handler: Handler
    permissions: frozenset[str]
    """Application permissions, any of which is enough."""
    units: int = 1
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        literal = re.escape(self.template).replace(r"\{", "{").replace(r"\}", "}")
        object.__setattr__(self, "pattern", re.compile(re.sub(r"{[^}]*}", "([^/]+)", literal)))

    @property
    def name(self) -> str:
        """How the recorder counts it."""
        return f"{self.method} {self.template}"

    def cost(self, request: GraphRequest) -> Cost:
        """What a request costs, by the documented rules.

        Raises:
            GraphError: 400, when `$top` is broken.
        """
        reports_requests = int(self.permissions in (_READ_AUDITS, _READ_PROVISIONING))
        if self.method != "GET":
            is_write = self.permissions == _WRITE_MEMBERS
            on_demand_requests = int(self.permissions == _WRITE_JOBS)
            return Cost(
                self.units,
                writes=int(is_write),
                reports=reports_requests,
                on_demand=on_demand_requests,
            )
        units = self.units - ("$select" in request.query)
        units -= "$top" in request.query and page_size(request) < _FEW
        units += "$expand" in request.query
        return Cost(max(1, units), reports=reports_requests)


def find_operation(method: str, path: str) -> tuple[Operation, tuple[str, ...]] | None:
    """The operation that a path means, with the parameters in it."""
    for operation in _OPERATIONS:
        if operation.method == method and (match := operation.pattern.fullmatch(path)):
            return operation, match.groups()
    return None


def _operation(
    method: str, template: str, handler: Handler, permissions: set[str], units: int = 1
) -> Operation:
    return Operation(method, template, handler, frozenset(permissions), units)


_DETAILS = "/reports/authenticationMethods/userRegistrationDetails"
_MEMBERS = "/groups/{group-id}/members"
_TRANSITIVE = "/groups/{group-id}/transitiveMembers"
# An earlier template wins: /users/delta is not the user "delta".
_OPERATIONS = (
    _operation("GET", "/users", users.list_users, _READ_USERS, 2),
    _operation("GET", "/users/delta", users.users_delta, _READ_USERS),
    _operation("GET", "/users/{user-id}", users.get_user, _READ_USERS),
    _operation(
        "GET", "/users/{user-id}/transitiveMemberOf", users.transitive_member_of, _READ_USERS
    ),
    _operation(
        "GET",
        "/users/{user-id}/licenseDetails",
        users.license_details,
        _READ_LICENCES | _READ_USERS,
    ),
    _operation(
        "POST",
        "/users/{user-id}/checkMemberGroups",
        users.check_member_groups,
        _READ_MEMBERS | _READ_USERS,
        4,
    ),
    _operation("GET", "/groups", groups.list_groups, _READ_MEMBERS),
    _operation("GET", "/groups/{group-id}", groups.get_group, _READ_MEMBERS),
    _operation("PATCH", "/groups/{group-id}", groups.patch_group, _WRITE_MEMBERS),
    _operation("GET", _MEMBERS, groups.list_members, _READ_MEMBERS, 3),
    _operation("GET", f"{_MEMBERS}/$count", groups.count_members, _READ_MEMBERS),
    _operation("POST", f"{_MEMBERS}/$ref", groups.add_member, _WRITE_MEMBERS),
    _operation(
        "DELETE", f"{_MEMBERS}/{{directoryObject-id}}/$ref", groups.remove_member, _WRITE_MEMBERS
    ),
    _operation("GET", _TRANSITIVE, groups.list_members, _READ_MEMBERS, 5),
    _operation(
        "GET", "/groups/{group-id}/transitiveMemberOf", groups.list_groups_around, _READ_MEMBERS
    ),
    _operation("GET", f"{_TRANSITIVE}/$count", groups.count_members, _READ_MEMBERS),
    _operation("POST", "/directoryObjects/getByIds", users.get_by_ids, _READ_USERS | _READ_MEMBERS),
    _operation("GET", "/subscribedSkus", organization.list_subscribed_skus, _READ_LICENCES),
    _operation("GET", "/organization", organization.list_organization, _READ_ORGANIZATION),
    _operation(
        "GET",
        "/directory/onPremisesSynchronization",
        organization.list_on_premises_synchronization,
        _READ_SYNC,
    ),
    _operation(
        "GET",
        "/policies/authenticationMethodsPolicy",
        policies.get_methods_policy,
        _READ_METHODS,
    ),
    _operation(
        "GET",
        "/identity/conditionalAccess/policies",
        policies.list_access_policies,
        _READ_CONDITIONAL_ACCESS,
    ),
    _operation("GET", _DETAILS, reports.list_registration_details, _READ_AUDITS),
    _operation("GET", f"{_DETAILS}/{{user-id}}", reports.get_registration_details, _READ_AUDITS),
    _operation("GET", "/auditLogs/directoryAudits", reports.list_audits, _READ_AUDITS),
    _operation(
        "GET", "/auditLogs/provisioning", synchronization.list_provisioning, _READ_PROVISIONING
    ),
    _operation("GET", on_demand.JOBS, synchronization.list_jobs, _READ_JOBS),
    _operation("GET", on_demand.SCHEMA, on_demand.get_schema, _READ_JOBS),
    _operation("POST", on_demand.PROVISION, on_demand.provision, _WRITE_JOBS),
    _operation(
        "GET",
        "/roleManagement/directory/roleAssignments",
        roles.list_role_assignments,
        _READ_ROLES,
    ),
    _operation(
        "GET",
        "/roleManagement/directory/roleEligibilitySchedules",
        roles.list_role_eligibilities,
        _READ_ROLES,
    ),
    # Whoever the custom extension authorises needs no permission: its handler sees to that.
    _operation(
        "POST", lifecycle.RESUME, lifecycle.resume, {*ALL_PERMISSIONS, lifecycle.PERMISSION}
    ),
)
