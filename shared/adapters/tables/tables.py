"""Everything that Azure Tables keep, on one connection to the storage account."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shared.adapters.tables.account_looks import TableAccountLooks
from shared.adapters.tables.audit import TableAudit
from shared.adapters.tables.doctor_looks import TableDoctorLooks
from shared.adapters.tables.door_key import TableDoorKey
from shared.adapters.tables.held_events import TableHeldEvents
from shared.adapters.tables.ledger_marks import Admission, TableLedgerMarks
from shared.adapters.tables.operations import TableOperations
from shared.adapters.tables.personal_data import TablePersonalData
from shared.adapters.tables.plans import TablePlans
from shared.adapters.tables.preflights import TablePreflights
from shared.adapters.tables.readings import TableReadings
from shared.adapters.tables.rollouts import TableRollouts
from shared.adapters.tables.scim_users import TableScimUsers
from shared.adapters.tables.sources_heard import TableSourcesHeard
from shared.adapters.tables.sspr_watch import TableSsprWatch
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
type Writer = tuple[str, Callable[[], datetime]]
"""The version that writes, and the clock of its process."""
_REQUESTS_AT_ONCE = 16
_WAITS: Mapping[str, Any] = {"connection_timeout": 10, "read_timeout": 30}
"""Seconds. The SDK's own would wait for five minutes, several times."""


class Tables:
    """The ports that are kept in tables; to be created and used on one event loop.

    Tables are created when first used, where that is allowed; nothing is contacted before.
    """

    def __init__(self, service: "TableServiceClient", writer: Writer | None = None) -> None:
        """Takes the service, and who writes.

        Args:
            service: the SDK's.
            writer: the version that leaves its mark, and is held to that of a newer one; None for
                whoever only looks, such as a test of single rows.
        """
        self._service = service
        gate = asyncio.Semaphore(_REQUESTS_AT_ONCE)
        self.ledger_marks = TableLedgerMarks(Table(service, "rollouts", gate))
        self._admission = Admission(self.ledger_marks, *writer) if writer else None
        admitted = self._admission.check if self._admission else None
        self._tables = {name: Table(service, name, gate, admitted) for name in NAMES}
        enrolments, receipts, rollouts, plans, operations = self._tables.values()
        self.ledger = TableLedger(enrolments, receipts)
        self.rollouts = TableRollouts(rollouts)
        self.write_control = TableWriteControl(rollouts)
        self.plans = TablePlans(plans)
        self.operations = TableOperations(operations)
        self.personal_data = TablePersonalData(self._tables)
        self.workers = TableWorkers(rollouts)
        self.door_key = TableDoorKey(rollouts)
        self.sources_heard = TableSourcesHeard(rollouts)
        self.scim_users = TableScimUsers(operations)
        self.held_events = TableHeldEvents(operations)
        self.preflights = TablePreflights(operations)
        self.readings = TableReadings(operations)
        self.doctor_looks = TableDoctorLooks(operations)
        self.account_looks = TableAccountLooks(operations)
        self.sspr_watch = TableSsprWatch(operations)
        self.audit = TableAudit(enrolments, rollouts)

    @classmethod
    def from_connection_string(
        cls, text: str, writer: Writer | None = None, **options: Any
    ) -> Self:
        """Opens the account of a connection string; options are those of the SDK's client."""
        from azure.data.tables.aio import TableServiceClient

        return cls(TableServiceClient.from_connection_string(text, **_WAITS, **options), writer)

    @classmethod
    def from_endpoint(
        cls,
        endpoint: str,
        credential: "AsyncTokenCredential",
        writer: Writer | None = None,
        **options: Any,
    ) -> Self:
        """Opens the table endpoint `https://…`; the credential stays the caller's to close."""
        from azure.data.tables.aio import TableServiceClient

        service = TableServiceClient(endpoint, credential=credential, **_WAITS, **options)
        return cls(service, writer)

    def checks(self) -> list[Check]:
        """Returns a check for each table.

        A first use makes the table where that is allowed, and so does a look.
        """
        checks = [
            Check(kind=DependencyKind.TABLE, name=name, purpose="the ledger", look=table.reach)
            for name, table in self._tables.items()
        ]
        if self._admission is None:
            return checks
        return [*checks, _readable(self._admission)]

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


def _readable(admission: Admission) -> Check:
    return Check(
        kind=DependencyKind.TABLE,
        name="mark",
        purpose="whether this version may read the ledger",
        look=admission.look,
    )
