"""Dependencies: each part is looked at by itself, and what cannot be reached says in which way."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest
from azure.core.credentials import TokenCredential
from azure.data.tables import TableServiceClient

from sandbox.testing.service_bus_process import Bus
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.health import GraphHealth
from shared.adapters.identity import credential
from shared.adapters.memory.dependency import MemoryDependency
from shared.adapters.service_bus.health import ServiceBusHealth
from shared.adapters.service_bus.outbox import ServiceBusAddress
from shared.adapters.tables.tables import Tables
from shared.contracts.messages.queues import ONBOARDING_EVENTS
from shared.domain.health import DependencyKind, NotReached, Trouble
from shared.ports.dependency import Dependency
from tests.support.graph_tenant import NOBODY, SCOPE, Tenant

MISSING = "missing-queue"
KIND = "kind of scope group"


def credential_of_nobody() -> TokenCredential:
    """Not asked for where there is a connection string."""
    raise NotImplementedError


@dataclass(frozen=True)
class Pair:
    """A dependency in good health, and one of whose parts one is not there."""

    well: Dependency
    lacking: Dependency
    kind: DependencyKind
    missing: str
    """The name of that part."""
    trouble: Trouble = Trouble.MISSING
    also_missing: tuple[str, ...] = ()
    """Other looks at the same part."""


@asynccontextmanager
async def in_memory(_: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    parts = ["a table", "another"]
    well, lacking = (MemoryDependency(DependencyKind.TABLE, parts) for _ in range(2))
    lacking.troubles["another"] = Trouble.MISSING
    yield Pair(well, lacking, DependencyKind.TABLE, "another")


@asynccontextmanager
async def in_tables(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    store: str = request.getfixturevalue("store")
    async with (
        Tables.from_connection_string(store) as lacking,
        Tables.from_connection_string(store) as well,
    ):
        for check in lacking.checks():
            await check.look()
        with TableServiceClient.from_connection_string(store) as service:
            service.delete_table("plans")
        # Whoever has not seen it makes it anew; so that one is looked at last.
        yield Pair(well, lacking, DependencyKind.TABLE, "plans")


@asynccontextmanager
async def in_graph(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    tenant: Tenant = request.getfixturevalue("tenant_process")
    tenant.start_afresh(request.getfixturevalue("monkeypatch"))
    client = GraphClient(credential, base_url=tenant.base_url)
    well, lacking = GraphHealth(client, SCOPE), GraphHealth(client, NOBODY)
    yield Pair(well, lacking, DependencyKind.GRAPH, "scope group", also_missing=(KIND,))
    await client.aclose()


@asynccontextmanager
async def on_the_broker(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    bus: Bus = request.getfixturevalue("bus")
    address = ServiceBusAddress(connection_string=bus.connection_string)

    def watching(*queues: str) -> ServiceBusHealth:
        return ServiceBusHealth(
            address, credential_of_nobody, sends_to=queues, receives_from=queues[:1]
        )

    yield Pair(
        watching(ONBOARDING_EVENTS),
        watching(ONBOARDING_EVENTS, MISSING),
        DependencyKind.QUEUE,
        MISSING,
        # A token is asked for first; that there is no queue for it the SDK calls unauthorised.
        Trouble.FORBIDDEN,
    )


type Making = Callable[[pytest.FixtureRequest], AbstractAsyncContextManager[Pair]]


@pytest.fixture(
    params=[in_memory, in_tables, in_graph, on_the_broker],
    ids=["memory", "azurite", "tenant", "broker"],
)
def making(request: pytest.FixtureRequest) -> Making:
    made: Making = request.param
    # What is not asynchronous is to stand before the loop runs.
    needed: Mapping[Making, str] = {
        in_tables: "store",
        in_graph: "tenant_process",
        on_the_broker: "bus",
    }
    if made in needed:
        request.getfixturevalue(needed[made])
    return made


@pytest.fixture
async def pair(making: Making, request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    async with making(request) as pair:
        yield pair


async def in_trouble(dependency: Dependency) -> Sequence[tuple[str, Trouble]]:
    found: list[tuple[str, Trouble]] = []
    for check in dependency.checks():
        try:
            await check.look()
        except NotReached as error:
            found.append((check.name, error.trouble))
    return found


async def test_every_part_has_a_look_of_its_own(pair: Pair) -> None:
    checks = pair.well.checks()
    assert {check.kind for check in checks} == {pair.kind}
    assert len({(check.name, check.purpose) for check in checks}) == len(checks) > 0


async def test_what_is_not_there_is_in_trouble_and_the_others_are_reached(pair: Pair) -> None:
    missing = [(name, pair.trouble) for name in (pair.missing, *pair.also_missing)]
    assert await in_trouble(pair.lacking) == missing
    assert await in_trouble(pair.well) == []
    assert await in_trouble(pair.well) == []
