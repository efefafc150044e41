"""The questions asked of `/users`: filters with what people typed in them, quoted and escaped."""

from collections.abc import Collection, Iterator
from itertools import batched
from urllib.parse import quote

MOST_VALUES = 15
"""Values of one `in`. Source: https://learn.microsoft.com/graph/filter-query-parameter"""
_FIELDS = (
    "id,userPrincipalName,employeeId,accountEnabled,userType,department,employeeHireDate,"
    "assignedPlans,onPremisesSyncEnabled,onPremisesImmutableId,onPremisesSecurityIdentifier"
)


def users_with(field: str, values: Collection[str]) -> Iterator[str]:
    """The paths that together list the users whose `field` is one of `values`."""
    for chunk in batched(values, MOST_VALUES, strict=False):
        condition = f"{field} in ({','.join(map(quoted, chunk))})"
        yield f"/users?$filter={quote(condition, safe='')}&$select={_FIELDS}"


def quoted(text: str) -> str:
    """A string literal of OData: in single quotes, its own ones doubled."""
    return "'" + text.replace("'", "''") + "'"
