"""Entra Cloud Sync, as Entra shows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from shared.domain.rollout.cloud_sync import Provisioned, SyncJob


class CloudSync(Protocol):
    """The jobs that carry AD to Entra without a host of their own.

    Nobody here can start a cycle of one. A single person may be asked for ahead of it.
    """

    async def jobs(self, since: datetime) -> Sequence[SyncJob]:
        """Returns every job that provisions from AD, with what the log has of it since then.

        Empty where no configuration is named in the settings.
        """

    async def provision(self, distinguished_name: str) -> Provisioned:
        """Has one person's account brought from AD now, by the one job that provisions from it.

        Raises:
            DirectoryUnavailable: nobody was asked, or nobody answered: too many requests (5 in
                10 s are allowed), no job, several jobs, no permission. The ordinary cycle brings
                them.
        """
