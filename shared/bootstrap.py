"""The cloud side's composition root: settings in, a world of adapters out."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from shared.adapters.graph import GraphClient, GraphDirectory, GraphScope
from shared.adapters.identity import blocking_credential, credential
from shared.adapters.ledger import TableLedger
from shared.adapters.service_bus import ServiceBusAddress, ServiceBusOutbox
from shared.ports import World
from shared.settings import Settings, read_settings

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.credentials_async import AsyncTokenCredential


@dataclass(frozen=True, slots=True)
class App:
    """The world that this process lives in, and its clock."""

    world: World

    @staticmethod
    def now() -> datetime:
        """The time, read here and nowhere else; everything below is handed it."""
        return datetime.now(UTC)


@cache
def app() -> App:
    """This process's app, made at the first call.

    Raises:
        ConfigurationError: a setting is missing or wrong.
    """
    return App(build_world(read_settings()))


def build_world(settings: Settings) -> World:
    """Adapters for these settings; nothing is contacted yet."""

    def async_identity() -> AsyncTokenCredential:
        return credential(settings.identity_client_id)

    graph = GraphClient(async_identity, base_url=settings.graph_url)
    return World(
        directory=GraphDirectory(graph, settings.scope_group_id),
        cloud_scope=GraphScope(graph, settings.scope_group_id),
        ledger=_ledger(settings),
        outbox=ServiceBusOutbox(_service_bus(settings)),
        policy=settings.policy,
        command_lifetime=settings.command_lifetime,
    )


def _ledger(settings: Settings) -> TableLedger:
    if settings.ledger_connection_string:
        return TableLedger.from_connection_string(settings.ledger_connection_string)
    return TableLedger(
        settings.ledger_endpoint or "", lambda: credential(settings.identity_client_id)
    )


def _service_bus(settings: Settings) -> ServiceBusAddress:
    def identity() -> TokenCredential:
        return blocking_credential(settings.identity_client_id)

    return ServiceBusAddress(
        connection_string=settings.service_bus_connection_string,
        namespace=settings.service_bus_namespace,
        credential=identity,
        custom_endpoint=settings.service_bus_endpoint,
        ca_file=settings.service_bus_ca_file,
        transport=settings.service_bus_transport,
    )
