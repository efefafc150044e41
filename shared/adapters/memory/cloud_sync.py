"""The port `CloudSync`, in memory."""

from collections.abc import Sequence
from datetime import datetime

from shared.adapters.memory.tenant import Tenant
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.errors import DirectoryUnavailable
from shared.domain.rollout.cloud_sync import Provisioned, SyncJob


class MemoryCloudSync:
    """The jobs that the tenant was given."""

    def __init__(self, tenant: Tenant, pause: Pause = straight_on) -> None:
        self._tenant = tenant
        self._pause = pause

    async def jobs(self, since: datetime) -> Sequence[SyncJob]:
        """Returns every job; what the log has of it is what the tenant was given."""
        await self._pause(f"cloud_sync.jobs since {since.isoformat()}")
        return list(self._tenant.sync_jobs)

    async def provision(self, distinguished_name: str) -> Provisioned:
        """Puts into the tenant whoever it was given for this name."""
        await self._pause("cloud_sync.provision")
        if self._tenant.on_demand_trouble:
            raise DirectoryUnavailable(self._tenant.on_demand_trouble)
        person = self._tenant.in_ad.get(distinguished_name)
        if person is None:
            return Provisioned(is_there=False, code="EntryNotFound")
        self._tenant.put(person)
        return Provisioned(is_there=True)
