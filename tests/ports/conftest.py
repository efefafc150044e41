"""The ports in memory and on the real parts: both keep the same contract."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext

import pytest

from sandbox.testing.service_bus_process import Bus
from sandbox.testing.service_bus_process import running as running_bus
from shared.adapters.graph.client import GraphClient
from shared.adapters.identity import credential
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.tables import MemoryTables
from shared.adapters.service_bus.outbox import ServiceBusAddress, ServiceBusOutbox
from shared.adapters.tables.tables import Tables
from shared.ports.ledger import Ledger
from tests.support.graph_tenant import Tenant
from tests.support.graph_tenant import running as running_tenant
from tests.support.operator_api_parts import QUEUES
from tests.support.ports.entra import Entra, MemoryEntra, TenantEntra
from tests.support.ports.kept import Kept, Opening
from tests.support.ports.queues import BusQueues, MemoryQueues, Queues, Receivers


@pytest.fixture(params=["memory", "azurite"])
def opening(request: pytest.FixtureRequest) -> Opening:
    """A ledger that is empty."""
    if request.param == "memory":
        storage = Storage()
        return lambda: nullcontext(MemoryTables(storage))
    account: str = request.getfixturevalue("store")
    return lambda: Tables.from_connection_string(account)


@pytest.fixture
async def tables(opening: Opening) -> AsyncIterator[Kept]:
    async with opening() as tables:
        yield tables


@pytest.fixture
def ledger(tables: Kept) -> Ledger:
    return tables.ledger


@pytest.fixture(scope="session")
def tenant_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    with running_tenant(tmp_path_factory.mktemp("tenant")) as tenant:
        yield tenant


@pytest.fixture(params=["memory", "tenant"])
async def entra(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Entra]:
    """The company's cloud half as nobody has touched it."""
    if request.param == "memory":
        yield MemoryEntra()
        return
    tenant: Tenant = request.getfixturevalue("tenant_process")
    tenant.start_afresh(monkeypatch)
    tenant.do("clock", {"offsetSeconds": 0})
    client = GraphClient(credential, base_url=tenant.base_url)
    yield TenantEntra(tenant, client)
    await client.aclose()


@pytest.fixture(scope="session")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bus]:
    with running_bus(tmp_path_factory.mktemp("bus"), json.loads(QUEUES.read_text())) as bus:
        yield bus


@pytest.fixture(scope="session")
async def open_outbox(bus: Bus) -> AsyncIterator[ServiceBusOutbox]:
    address = ServiceBusAddress(connection_string=bus.connection_string)
    outbox = ServiceBusOutbox(address)
    yield outbox
    await outbox.aclose()


@pytest.fixture(scope="session")
def receivers(bus: Bus) -> Iterator[Receivers]:
    receivers = Receivers(bus)
    yield receivers
    receivers.close()


@pytest.fixture(params=["memory", "broker"])
def queues(request: pytest.FixtureRequest) -> Queues:
    """Queues as they are in Azure, empty, and without a memory of keys."""
    if request.param == "memory":
        return MemoryQueues()
    bus: Bus = request.getfixturevalue("bus")
    bus.control.post("/reset").raise_for_status()
    return BusQueues(
        bus, request.getfixturevalue("open_outbox"), request.getfixturevalue("receivers")
    )
