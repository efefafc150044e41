"""The cloud side's composition root: settings in, a world of adapters out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial

from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.health import GraphHealth
from shared.adapters.graph.lifecycle import GraphLifecycle
from shared.adapters.graph.scope import GraphScope
from shared.adapters.hr.sources import read_sources, senders_of
from shared.adapters.identity import IdentityHealth, blocking_credential, credential
from shared.adapters.service_bus.health import ServiceBusHealth
from shared.adapters.service_bus.outbox import QueueNames, ServiceBusAddress, ServiceBusOutbox
from shared.adapters.tables.tables import Tables
from shared.adapters.telemetry import export_logs
from shared.contracts.messages import queues
from shared.domain.errors import ConfigurationError
from shared.domain.signals import AppMisconfigured, plain_text
from shared.logs import PRODUCT, configure_logging
from shared.ports.senders import Senders
from shared.ports.world import World
from shared.settings import INCOMPLETE, AppSettings, examine_settings, read_settings
from shared.use_cases.signalling import emit


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


def read_setup() -> AppSettings:
    """The settings, once all that the app is made of has been looked at.

    Raises:
        ConfigurationError: with everything that is wrong, the file of HR sources included.
    """
    read = examine_settings()
    problems = list(read.problems)
    if read.settings:
        try:
            read_senders(read.settings)
        except ConfigurationError as error:
            problems += error.problems
    if read.settings is None or problems:
        raise ConfigurationError(INCOMPLETE, problems)
    return read.settings


def tell_misconfigured(problems: Iterable[str]) -> None:
    """Say in the log, and where telemetry goes as far as that is set, what is wrong."""
    configure_logging()
    settings = examine_settings().settings
    if settings:
        _export_logs(settings)
    emit(AppMisconfigured(problem=plain_text(one)) for one in problems)


def read_senders(settings: AppSettings) -> Senders:
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


def build_world(settings: AppSettings) -> World:
    """Adapters for these settings; nothing is contacted yet."""
    identity = partial(credential, settings.identity_client_id)
    graph = GraphClient(identity, base_url=settings.graph_url)
    tables = _tables(settings)
    address = _address(settings)
    by_identity = partial(blocking_credential, settings.identity_client_id)
    return World(
        directory=GraphDirectory(graph, settings.scope_group_id),
        cloud_scope=GraphScope(graph, settings.scope_group_id),
        ledger=tables.ledger,
        rollouts=tables.rollouts,
        plans=tables.plans,
        operations=tables.operations,
        workers=tables.workers,
        audit=tables.audit,
        outbox=ServiceBusOutbox(address, QueueNames(), by_identity),
        lifecycle=GraphLifecycle(graph),
        policy=settings.policy,
        command_lifetime=settings.command_lifetime,
        lease=settings.lease,
        callback_retry=settings.callback_retry,
        message_lock=settings.message_lock,
        dependencies=(
            IdentityHealth(identity, _resources(settings)),
            GraphHealth(graph, settings.scope_group_id),
            tables,
            ServiceBusHealth(
                address, by_identity, sends_to=queues.SENT_TO, receives_from=queues.RECEIVED_FROM
            ),
        ),
    )


def _export_logs(settings: AppSettings) -> None:
    if settings.telemetry_connection_string is None:
        return
    by_identity = partial(blocking_credential, settings.telemetry_client_id)
    export_logs(
        PRODUCT,
        settings.telemetry_connection_string,
        by_identity if settings.telemetry_authentication else None,
    )


def _tables(settings: AppSettings) -> Tables:
    if settings.ledger_connection_string:
        return Tables.from_connection_string(settings.ledger_connection_string)
    return Tables.from_endpoint(
        settings.ledger_endpoint or "", credential(settings.identity_client_id)
    )


def _resources(settings: AppSettings) -> list[str]:
    """What the managed identity is used at: Graph always, the rest where no key is set instead."""
    used = {
        "https://graph.microsoft.com": True,
        "https://storage.azure.com": not settings.ledger_connection_string,
        "https://servicebus.azure.net": not settings.service_bus_connection_string,
    }
    return [resource for resource, is_used in used.items() if is_used]


def _address(settings: AppSettings) -> ServiceBusAddress:
    return ServiceBusAddress(
        connection_string=settings.service_bus_connection_string,
        namespace=settings.service_bus_namespace,
        custom_endpoint=settings.service_bus_endpoint,
        ca_file=settings.service_bus_ca_file,
        transport="amqp" if settings.service_bus_transport == "Amqp" else "websockets",
    )
