"""The questions asked of Graph: filters with what people typed in them, quoted and escaped."""

from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from itertools import batched
from urllib.parse import quote

MOST_VALUES = 15
"""Values of one `in`. Source: https://learn.microsoft.com/graph/filter-query-parameter"""
_LARGEST_PAGE = 999
_FIELDS = (
    "id,userPrincipalName,employeeId,accountEnabled,userType,employeeHireDate,assignedPlans,"
    "assignedLicenses,"
    "department,companyName,employeeType,jobTitle,officeLocation,usageLocation,"
    "displayName,creationType,onPremisesExtensionAttributes,"
    "onPremisesSyncEnabled,onPremisesImmutableId,onPremisesSecurityIdentifier,onPremisesDomainName"
)
_GROUP_FIELDS = "id,onPremisesSyncEnabled,onPremisesSecurityIdentifier,securityEnabled,groupTypes"
_REGISTRATION_REPORT = "/reports/authenticationMethods/userRegistrationDetails"
_SSPR = "Self-service Password Management"
_SETTINGS_CHANGED = "Update SSPR Settings"
"""The activity of a change of SSPR's settings; see `policy_changes`."""
_CONVERTED = "Change Source of Authority"
_CONVERTED_BACK = "Undo changes to Source of Authority"
"""How the activities of conversions begin; see `account_changes`."""


def users_with(field: str, values: Collection[str]) -> Iterator[str]:
    """Yields the paths that together list the users whose `field` is one of `values`."""
    for chunk in batched(values, MOST_VALUES, strict=False):
        condition = f"{field} in ({','.join(map(quoted, chunk))})"
        yield f"/users?$filter={quote(condition, safe='')}&$select={_FIELDS}"


def users_equal_to(field: str, values: Collection[str]) -> Iterator[str]:
    """Yields the same for a field that Graph compares by `eq` alone, and not by `in`.

    Source: https://learn.microsoft.com/graph/api/resources/user, onPremisesSecurityIdentifier
    """
    for chunk in batched(values, MOST_VALUES, strict=False):
        condition = " or ".join(f"{field} eq {quoted(value)}" for value in chunk)
        yield f"/users?$filter={quote(condition, safe='')}&$select={_FIELDS}"


def all_users() -> str:
    """Returns the path that lists every user."""
    return f"/users?$select={_FIELDS}&$top={_LARGEST_PAGE}"


def kind_of_group(group_id: str) -> str:
    """Returns the path that tells of what kind a group is, and so who may write it."""
    fields = "id,groupTypes,mailEnabled,securityEnabled,onPremisesSyncEnabled,isAssignableToRole"
    return f"/groups/{quote(group_id, safe='')}?$select={fields}"


def transitive_members(group_id: str) -> str:
    """Returns the path that lists what is in a group, directly or through other groups.

    Graph could leave the nested groups out itself, but only from an index that lags.
    """
    return f"/groups/{quote(group_id, safe='')}/transitiveMembers?$select=id&$top={_LARGEST_PAGE}"


def transitive_member_of(object_id: str) -> str:
    """Returns the path that lists what a person is in, directly or through others."""
    path = f"/users/{quote(object_id, safe='')}/transitiveMemberOf"
    return f"{path}?$select=id,displayName,roleTemplateId&$top={_LARGEST_PAGE}"


def role_assignments() -> tuple[str, str]:
    """Returns the paths that list who holds which role, or may make it theirs for a time."""
    fields = "id,principalId,roleDefinitionId"
    return (
        f"/roleManagement/directory/roleAssignments?$select={fields}",
        f"/roleManagement/directory/roleEligibilitySchedules?$select={fields}",
    )


def groups_with_sid(sid: str) -> str:
    """Returns the path that finds the twin of an AD group; a converted one has kept the SID."""
    condition = f"onPremisesSecurityIdentifier eq {quoted(sid)}"
    return f"/groups?$filter={quote(condition, safe='')}&$select={_GROUP_FIELDS}"


def group_kind(group_id: str) -> str:
    """Returns the path that shows what kind of group this is."""
    return f"/groups/{quote(group_id, safe='')}?$select={_GROUP_FIELDS}"


def groups_around(group_id: str) -> str:
    """Returns the path that lists the groups which a group is in, directly or through others."""
    path = f"/groups/{quote(group_id, safe='')}/transitiveMemberOf"
    return f"{path}?$select=id&$top={_LARGEST_PAGE}"


def registration_report(flag: str | None = None) -> str:
    """Returns the path of the registration report: all of it, or the rows where `flag` is true.

    Graph allows 5 requests in 10 s, or 5,000 people; the rest waits as it is told to.
    """
    only = f"&$filter={quote(f'{flag} eq true', safe='')}" if flag else ""
    return f"{_REGISTRATION_REPORT}?$top={_LARGEST_PAGE}{only}"


def synchronization_jobs(service_principal_id: str) -> str:
    """Returns the path that lists the synchronization jobs of an enterprise application."""
    return f"/servicePrincipals/{quote(service_principal_id, safe='')}/synchronization/jobs"


def synchronization_job(service_principal_id: str, job_id: str) -> str:
    """Returns the path of one synchronization job."""
    return f"{synchronization_jobs(service_principal_id)}/{quote(job_id, safe='')}"


def provisioning_log(job_id: str, since: datetime) -> str:
    """Returns the path that lists what a synchronization job has done to objects since then.

    What has failed among it is told apart here: whether Graph filters by that is documented one
    way and used another.
    """
    condition = f"jobId eq {quoted(job_id)} and activityDateTime gt {_moment_text(since)}"
    return f"/auditLogs/provisioning?$filter={quote(condition, safe='')}&$top={_LARGEST_PAGE}"


def sspr_audits(since: datetime) -> str:
    """Returns the path that lists the audit log's records of SSPR since then.

    The log is as slow as the report.
    """
    condition = f"loggedByService eq {quoted(_SSPR)} and activityDateTime ge {_moment_text(since)}"
    return f"/auditLogs/directoryAudits?$filter={quote(condition, safe='')}&$top={_LARGEST_PAGE}"


def policy_audits(since: datetime) -> tuple[str, str]:
    """Returns the paths that list the audit log's records of SSPR's own settings since then.

    The second has what Microsoft's list of activities names, password writeback on and off. By
    which service the first is logged is not documented, so it is asked for by its name.
    """
    time = f"activityDateTime ge {_moment_text(since)}"
    conditions = (
        f"activityDisplayName eq {quoted(_SETTINGS_CHANGED)} and {time}",
        f"loggedByService eq {quoted(_SSPR)} and category eq 'DirectoryManagement' and {time}",
    )
    first, second = (
        f"/auditLogs/directoryAudits?$filter={quote(one, safe='')}&$top={_LARGEST_PAGE}"
        for one in conditions
    )
    return first, second


def changes_from_now() -> str:
    """Returns the path that says where later changes of users' source of authority are told."""
    return "/users/delta?$select=onPremisesSyncEnabled&$deltatoken=latest"


def conversion_audits(since: datetime) -> tuple[str, str]:
    """Returns the paths that list the audit log's records of conversions since then, either way.

    By how they begin: Microsoft's pages end the second one's name in two ways.
    """
    time = f"activityDateTime ge {_moment_text(since)}"
    first, second = (
        f"/auditLogs/directoryAudits?$filter={quote(condition, safe='')}&$top={_LARGEST_PAGE}"
        for condition in (
            f"startswith(activityDisplayName,{quoted(_CONVERTED)}) and {time}",
            f"startswith(activityDisplayName,{quoted(_CONVERTED_BACK)}) and {time}",
        )
    )
    return first, second


def _moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def quoted(text: str) -> str:
    """Writes the text as a string literal of OData: in single quotes, its own ones doubled."""
    return "'" + text.replace("'", "''") + "'"
