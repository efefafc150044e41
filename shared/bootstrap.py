"""The cloud side's composition root: settings in, a world of adapters out."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.lifecycle import GraphLifecycle
from shared.adapters.graph.scope import GraphScope
from shared.adapters.hr_sources import read_sources, senders_of
from shared.adapters.identity import blocking_credential, credential
from shared.adapters.ledger.tables import Tables
from shared.adapters.service_bus import QueueNames, ServiceBusAddress, ServiceBusOutbox
from shared.adapters.telemetry import export_logs
from shared.logs import PRODUCT, configure_logging
from shared.ports import Senders, World
from shared.settings import Settings, read_settings


@dataclass(frozen=True, slots=True)
class App:
    """The world that this process lives in, and its clock."""

    world: World
    senders: Senders

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
    configure_logging()
    settings = read_settings()
    _export_logs(settings)
    return App(build_world(settings), read_senders(settings))


def read_senders(settings: Settings) -> Senders:
    """The HR systems that may send.

    Raises:
        ConfigurationError: their file is wrong, or a setting is missing that one of them needs.
    """
    return senders_of(
        read_sources(settings.hr_sources_file),
        secrets={name: one.get_secret_value() for name, one in settings.hr_secrets.items()},
        authority=settings.entra_authority,
        tenant_id=settings.entra_tenant_id,
        audience=settings.hr_audience,
    )


def build_world(settings: Settings) -> World:
    """Adapters for these settings; nothing is contacted yet."""
    identity = partial(credential, settings.identity_client_id)
    graph = GraphClient(identity, base_url=settings.graph_url)
    tables = _tables(settings)
    return World(
        directory=GraphDirectory(graph, settings.scope_group_id),
        cloud_scope=GraphScope(graph, settings.scope_group_id),
        ledger=tables.ledger,
        rollouts=tables.rollouts,
        plans=tables.plans,
        operations=tables.operations,
        workers=tables.workers,
        audit=tables.audit,
        outbox=_outbox(settings),
        lifecycle=GraphLifecycle(graph),
        policy=settings.policy,
        command_lifetime=settings.command_lifetime,
        lease=settings.lease,
        callback_retry=settings.callback_retry,
    )


def _export_logs(settings: Settings) -> None:
    if settings.telemetry_connection_string is None:
        return
    by_identity = partial(blocking_credential, settings.telemetry_client_id)
    export_logs(
        PRODUCT,
        settings.telemetry_connection_string,
        by_identity if settings.telemetry_authentication else None,
    )


def _tables(settings: Settings) -> Tables:
    if settings.ledger_connection_string:
        return Tables.from_connection_string(settings.ledger_connection_string)
    return Tables.from_endpoint(
        settings.ledger_endpoint or "", credential(settings.identity_client_id)
    )


def _outbox(settings: Settings) -> ServiceBusOutbox:
    address = ServiceBusAddress(
        connection_string=settings.service_bus_connection_string,
        namespace=settings.service_bus_namespace,
        custom_endpoint=settings.service_bus_endpoint,
        ca_file=settings.service_bus_ca_file,
        transport="amqp" if settings.service_bus_transport == "Amqp" else "websockets",
    )
    return ServiceBusOutbox(
        address, QueueNames(), partial(blocking_credential, settings.identity_client_id)
    )
