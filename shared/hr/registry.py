"""The kinds of HR sources that there are, in the order in which they are listed: an entry each."""

from typing import Final

from shared.hr import bamboohr, event_grid, lifecycle_workflows, mapped, scim
from shared.hr.kind import HrKinds, registry_of

HR_KINDS: Final[HrKinds] = registry_of(
    scim.KIND,
    lifecycle_workflows.KIND,
    bamboohr.KIND,
    event_grid.KIND,
    mapped.KIND,
)
