"""The adapters under test, and the tenant that they talk to."""

from collections.abc import AsyncIterator, Iterator

import pytest

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.scope import GraphScope
from shared.adapters.identity import credential
from tests.support.graph_tenant import SCOPE, Tenant, running


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    with running(tmp_path_factory.mktemp("tenant")) as tenant:
        yield tenant


@pytest.fixture
def tenant(process: Tenant, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    process.start_afresh(monkeypatch)
    return process


@pytest.fixture
async def client(tenant: Tenant) -> AsyncIterator[GraphClient]:
    client = GraphClient(credential, base_url=tenant.base_url)
    yield client
    await client.aclose()


@pytest.fixture
def directory(client: GraphClient) -> GraphDirectory:
    return GraphDirectory(client, SCOPE)


@pytest.fixture
def scope(client: GraphClient) -> GraphScope:
    return GraphScope(client, SCOPE)
