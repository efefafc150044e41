"""Everything that Azure Tables keep, on one connection to the storage account."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shared.adapters.tables.audit import TableAudit
from shared.adapters.tables.held_events import TableHeldEvents
from shared.adapters.tables.operations import TableOperations
from shared.adapters.tables.plans import TablePlans
from shared.adapters.tables.preflights import TablePreflights
from shared.adapters.tables.rollouts import TableRollouts
from shared.adapters.tables.scim_users import TableScimUsers
from shared.adapters.tables.table import Table
from shared.adapters.tables.table_ledger import TableLedger
from shared.adapters.tables.workers import TableWorkers
from shared.adapters.tables.write_control import TableWriteControl
from shared.domain.health import DependencyKind
from shared.ports.dependency import Check

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.data.tables.aio import TableServiceClient

NAMES = ("enrolments", "receipts", "rollouts", "plans", "operations")
_REQUESTS_AT_ONCE = 16
_WAITS: Mapping[str, Any] = {"connection_timeout": 10, "read_timeout": 30}
"""Seconds. The SDK's own would wait for five minutes, several times."""


class Tables:
    """The ports that are kept in tables; to be created and used on one event loop.

    Tables are created when first used, where that is allowed; nothing is contacted before.
    """

    def __init__(self, service: "TableServiceClient") -> None:
        self._service = service
        gate = asyncio.Semaphore(_REQUESTS_AT_ONCE)
        self._tables = {name: Table(service, name, gate) for name in NAMES}
        enrolments, receipts, rollouts, plans, operations = self._tables.values()
        self.ledger = TableLedger(enrolments, receipts)
        self.rollouts = TableRollouts(rollouts)
        self.write_control = TableWriteControl(rollouts)
        self.plans = TablePlans(plans)
        self.operations = TableOperations(operations)
        self.workers = TableWorkers(rollouts)
        self.scim_users = TableScimUsers(operations)
        self.held_events = TableHeldEvents(operations)
        self.preflights = TablePreflights(operations)
        self.audit = TableAudit(enrolments, rollouts)

    @classmethod
    def from_connection_string(cls, text: str, **options: Any) -> Self:
        """Opens the account of a connection string; options are those of the SDK's client."""
        from azure.data.tables.aio import TableServiceClient

        return cls(TableServiceClient.from_connection_string(text, **_WAITS, **options))

    @classmethod
    def from_endpoint(
        cls, endpoint: str, credential: "AsyncTokenCredential", **options: Any
    ) -> Self:
        """Opens the table endpoint `https://…`; the credential stays the caller's to close."""
        from azure.data.tables.aio import TableServiceClient

        return cls(TableServiceClient(endpoint, credential=credential, **_WAITS, **options))

    def checks(self) -> list[Check]:
        """Returns a check for each table.

        A first use makes the table where that is allowed, and so does a look.
        """
        return [
            Check(kind=DependencyKind.TABLE, name=name, purpose="the ledger", look=table.reach)
            for name, table in self._tables.items()
        ]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._service.close()
