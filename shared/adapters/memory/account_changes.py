"""The port `AccountChanges`, in memory."""

from datetime import datetime

from shared.adapters.memory.tenant import Tenant
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.errors import DirectoryUnavailable
from shared.ports.account_changes import ChangedAccounts


class MemoryAccountChanges:
    """Tells what the tenant has noted of its accounts."""

    def __init__(self, tenant: Tenant, pause: Pause = straight_on) -> None:
        self._tenant = tenant
        self._pause = pause

    async def changed(self, place: str | None) -> ChangedAccounts:
        """Returns whose account has changed since that place."""
        await self._pause("account_changes.changed")
        if self._tenant.changes_trouble:
            raise DirectoryUnavailable(self._tenant.changes_trouble)
        noted = self._tenant.account_changes
        here = f"{self._tenant.changes_epoch}-{len(noted)}"
        epoch, _, count = (place or "").partition("-")
        if epoch != str(self._tenant.changes_epoch):
            return ChangedAccounts(object_ids=frozenset(), place=here, is_whole=place is None)
        told = noted[int(count) :][: self._tenant.page]
        until = int(count) + len(told)
        return ChangedAccounts(
            object_ids=frozenset(told),
            place=f"{epoch}-{until}",
            is_last=until == len(noted),
        )

    async def converted(self, since: datetime) -> frozenset[str]:
        """Returns who was converted since then, as far as the log tells."""
        await self._pause("account_changes.converted")
        if self._tenant.log_trouble:
            raise DirectoryUnavailable(self._tenant.log_trouble)
        return frozenset(who for who, at in self._tenant.conversions if at >= since)
