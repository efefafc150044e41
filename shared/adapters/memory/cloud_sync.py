"""The port `CloudSync`, in memory."""

from collections.abc import Sequence
from datetime import datetime

from shared.adapters.memory.tenant import Tenant
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.rollout.cloud_sync import SyncJob


class MemoryCloudSync:
    """The jobs that the tenant was given."""

    def __init__(self, tenant: Tenant, pause: Pause = straight_on) -> None:
        self._tenant = tenant
        self._pause = pause

    async def jobs(self, since: datetime) -> Sequence[SyncJob]:
        """Returns every job; what the log has of it is what the tenant was given."""
        await self._pause(f"cloud_sync.jobs since {since.isoformat()}")
        return list(self._tenant.sync_jobs)
