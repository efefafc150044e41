"""The app's world on the real parts, made as the app makes it, and closed afterwards."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.adapters.graph.health import GraphHealth
from shared.adapters.service_bus.outbox import ServiceBusOutbox
from shared.adapters.service_bus.unread import ServiceBusUnread
from shared.adapters.tables.tables import Tables
from shared.bootstrap import App, build_app, check_setup
from shared.ports.world import World
from shared.settings import examine_settings
from tests.support.operator_api_parts import Parts


@asynccontextmanager
async def app_of(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, **changes: str
) -> AsyncIterator[App]:
    """The app that these settings make."""
    for name, value in {**parts.settings, **changes}.items():
        monkeypatch.setenv(name, value)
    app = build_app(check_setup(examine_settings()))
    yield app
    for one in (app.world.outbox, app.world.unread, *app.dependencies):
        if isinstance(one, Tables):
            await one.close()
        if isinstance(one, GraphHealth):
            await one._client.aclose()
        if isinstance(one, ServiceBusOutbox | ServiceBusUnread):
            await one.aclose()


@asynccontextmanager
async def world_of(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, **changes: str
) -> AsyncIterator[World]:
    """The app's world alone."""
    async with app_of(parts, monkeypatch, **changes) as app:
        yield app.world
