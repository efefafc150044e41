"""The checks that there are, in the order in which they are told: an entry each."""

from typing import Final

from shared.domain.doctor.checks import (
    cloud_sync,
    endings,
    host_events,
    host_scheduler,
    host_seen,
    host_service,
    host_version,
    host_writeback,
    licences,
    methods,
    migration,
    policy_changes,
    registration,
    writeback,
)
from shared.domain.doctor.finding import CheckKinds, registry_of

CHECKS: Final[CheckKinds] = registry_of(
    policy_changes.KIND,
    writeback.KIND,
    licences.KIND,
    methods.KIND,
    migration.KIND,
    registration.KIND,
    host_seen.KIND,
    host_version.KIND,
    host_scheduler.KIND,
    host_writeback.KIND,
    host_service.KIND,
    host_events.KIND,
    cloud_sync.KIND,
    endings.KIND,
)
