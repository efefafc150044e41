"""Entra Cloud Sync, as Entra shows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.rollout.cloud_sync import SyncJob


class CloudSync(Protocol):
    """The jobs that carry AD to Entra without a host of their own; nobody here can start one."""

    async def jobs(self, since: datetime) -> Sequence[SyncJob]:
        """Returns every job that provisions from AD, with what the log has of it since then.

        Empty where no configuration is named in the settings.
        """
