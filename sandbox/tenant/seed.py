"""What the tenant holds before Entra Connect has been heard of: the company's cloud half."""

from typing import Any

from sandbox.company import (
    EXCLUDED_GROUP,
    SCOPE_GROUP,
    SITES,
    Company,
    Employee,
    object_id,
)
from sandbox.tenant.clock import timestamp
from sandbox.tenant.directory import Directory, Group, User

DYNAMIC_GROUP = "All Employees"
"""A dynamic group; nobody may write its members."""


def seeded_directory(company: Company, now: float) -> Directory:
    """Cloud-only people and guests, and the groups that are mastered in the cloud."""
    directory = Directory()
    for name in (SCOPE_GROUP, EXCLUDED_GROUP):
        directory.put_group(cloud_group(name, now))
    rule = {"membershipRule": "(user.employeeId -ne null)", "groupTypes": ["DynamicMembership"]}
    directory.put_group(cloud_group(DYNAMIC_GROUP, now, **rule))
    for person in company.people_mastered_in_cloud:
        add_employee(directory, person, cloud_fields(person), now)
    return directory


def cloud_group(name: str, now: float, **fields: Any) -> Group:
    """A security group mastered in the cloud."""
    identifier = object_id("group", name)
    created = {"id": identifier, "displayName": name, "createdDateTime": timestamp(now)}
    kind = {"mailEnabled": False, "securityEnabled": True, "groupTypes": []}
    return Group(identifier, {**created, **kind, "mailNickname": name, **fields})


def cloud_fields(person: Employee) -> dict[str, Any]:
    """What HR and the administrators have filled in for somebody who is not synced."""
    return {
        "userPrincipalName": person.user_principal_name,
        "displayName": person.display_name,
        "givenName": person.given_name,
        "surname": person.surname,
        "mail": person.mail,
        "department": person.department,
        "officeLocation": person.site,
        "employeeId": person.employee_id,
        "accountEnabled": not person.disabled,
        "userType": "Guest" if person.guest else "Member",
        "creationType": "Invitation" if person.guest else None,
    }


def add_employee(
    directory: Directory,
    person: Employee,
    fields: dict[str, Any],
    now: float,
    *,
    visible_at: float = 0.0,
    licensed_at: float = 0.0,
) -> User:
    """Add one of the company's people, with what makes this one special."""
    from_hr = {
        "employeeHireDate": f"{person.hire_date.isoformat()}T00:00:00Z",
        "usageLocation": SITES[person.site],
        "employeeType": person.employee_type,
        "companyName": person.employer,
        "jobTitle": person.job_title,
    }
    identifier = person.object_id
    user = User(
        identifier,
        {"id": identifier, "createdDateTime": timestamp(now), **from_hr, **fields},
        visible_at=visible_at,
        licensed_at=None if person.unlicensed or person.guest else licensed_at,
        roles=[person.directory_role] if person.directory_role else [],
    )
    directory.put_user(user)
    if person.excluded:
        directory.set_member(object_id("group", EXCLUDED_GROUP), user.id, now, present=True)
    return user
