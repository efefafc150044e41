"""The app's world on the real parts, made as the app makes it, and closed afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.adapters.graph.health import GraphHealth
from shared.adapters.service_bus.outbox import ServiceBusOutbox
from shared.adapters.tables.tables import Tables
from shared.bootstrap import build_world
from shared.ports.world import World
from shared.settings import read_settings
from tests.support.operator_api_parts import Parts


@asynccontextmanager
async def world_of(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, **changes: str
) -> AsyncIterator[World]:
    """The world that these settings make."""
    for name, value in {**parts.settings, **changes}.items():
        monkeypatch.setenv(name, value)
    world = build_world(read_settings())
    yield world
    for one in (world.outbox, *world.dependencies):
        if isinstance(one, Tables):
            await one.close()
        if isinstance(one, GraphHealth):
            await one._client.aclose()
        if isinstance(one, ServiceBusOutbox):
            await one.aclose()
