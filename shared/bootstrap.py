"""The cloud side's composition root: settings in, a world of adapters out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial

from shared.adapters.blobs.audit_mark import BlobAuditMark, NoAuditMark
from shared.adapters.blobs.place import BlobPlace
from shared.adapters.entra.signing_keys import SigningKeys
from shared.adapters.entra.tokens import EntraTokens
from shared.adapters.graph.account_changes import GraphAccountChanges
from shared.adapters.graph.client import GraphClient
from shared.adapters.graph.cloud_sync import GraphCloudSync
from shared.adapters.graph.directory import GraphDirectory
from shared.adapters.graph.health import GraphHealth
from shared.adapters.graph.lifecycle import GraphLifecycle
from shared.adapters.graph.scope import GraphScope
from shared.adapters.graph.tenant_facts import GraphTenantFacts
from shared.adapters.hr.sources import brakes_of, read_sources, rhythms_of, senders_of
from shared.adapters.identity import IdentityHealth, blocking_credential, credential
from shared.adapters.service_bus.dead_letters import ServiceBusDeadLetters
from shared.adapters.service_bus.health import ServiceBusHealth
from shared.adapters.service_bus.outbox import ServiceBusAddress, ServiceBusOutbox
from shared.adapters.service_bus.unread import ServiceBusUnread
from shared.adapters.tables.tables import Tables
from shared.adapters.telemetry import export_logs
from shared.contracts.documents.hr_sources.vocabulary import Source
from shared.contracts.messages import queues
from shared.contracts.messages.version import running_version
from shared.domain.errors import ConfigurationError
from shared.domain.signals import AppMisconfigured, plain_text
from shared.logs import PRODUCT, configure_logging
from shared.ports.audit_mark import AuditMarks
from shared.ports.dependency import Dependency
from shared.ports.operators import OperatorTokens
from shared.ports.senders import Senders
from shared.ports.world import World
from shared.settings import INCOMPLETE, AppSettings, Reading
from shared.use_cases.refused_requests import RefusedRequests
from shared.use_cases.signalling import emit


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The world that this process lives in, who may send to it, and its clock."""

    world: World
    senders: Senders
    dependencies: Sequence[Dependency]
    """What the world is made of, to look at its health."""
    refused: RefusedRequests = field(default_factory=RefusedRequests)
    """The count of the requests that were turned away."""

    @staticmethod
    def now() -> datetime:
        """Returns the time, read here and nowhere else; everything below is handed it."""
        return datetime.now(UTC)


type Serving = Callable[[], App]
"""Answers with the app; the functions ask anew at each of their runs."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What an app is made of, as it was read when the process started."""

    settings: AppSettings
    senders: Senders
    operator_tokens: OperatorTokens | None
    """What checks operators' tokens; None where they hold a function key."""


def check_setup(read: Reading) -> Setup:
    """Adds the HR systems to the settings, once all that the app is made of has been looked at.

    Raises:
        ConfigurationError: with everything that is wrong, the file of HR sources included.
    """
    problems = list(read.problems)
    senders = keys = None
    if read.settings:
        try:
            keys = _signing_keys(read.settings)
            senders = _read_senders(read.settings, keys)
        except ConfigurationError as error:
            problems += error.problems
    if read.settings is None or senders is None or problems:
        raise ConfigurationError(INCOMPLETE, problems)
    return Setup(read.settings, senders, _operator_tokens(read.settings, keys))


def serve(setup: Setup) -> Serving:
    """Makes a function that answers with one app for as long as the process runs.

    The app is made when it is first asked for: most of what it is made of need not be there while
    Azure asks for the functions' names.
    """

    @cache
    def app() -> App:
        configure_logging()
        _export_logs(setup.settings)
        return build_app(setup)

    return app


def tell_misconfigured(problems: Iterable[str], settings: AppSettings | None) -> None:
    """Says what is wrong in the log, and where telemetry goes as far as that is set."""
    configure_logging()
    if settings:
        _export_logs(settings)
    emit(AppMisconfigured(problem=plain_text(one)) for one in problems)


def _sources_in(text: bytes) -> Sequence[Source]:
    # What reads YAML is loaded only where there is a file.
    from shared.hr.documents import read

    return read(text)


def _read_senders(settings: AppSettings, keys: SigningKeys | None) -> Senders:
    audience = settings.hr_audience
    needed = {"SSPR_ENTRA_TENANT_ID": keys, "SSPR_HR_AUDIENCE": audience}
    return senders_of(
        read_sources(settings.hr_sources_file, _sources_in),
        secrets={name: one.get_secret_value() for name, one in settings.hr_secrets.items()},
        tokens=EntraTokens(keys, audience=audience) if keys and audience else None,
        without_tokens=[name for name, value in needed.items() if not value],
    )


def operator_tokens(settings: AppSettings) -> OperatorTokens | None:
    """Returns what checks operators' tokens; None where they hold a function key.

    Raises:
        ConfigurationError: a setting is missing or wrong without which nobody can be checked.
    """
    return _operator_tokens(settings, _signing_keys(settings))


def _operator_tokens(settings: AppSettings, keys: SigningKeys | None) -> OperatorTokens | None:
    if settings.operator_auth == "key":
        return None
    if keys is None or not settings.operator_audience:
        raise ConfigurationError(INCOMPLETE, list(settings.contradictions()))
    return EntraTokens(keys, audience=settings.operator_audience)


def _signing_keys(settings: AppSettings) -> SigningKeys | None:
    if not settings.entra_tenant_id:
        return None
    return SigningKeys(
        authority=settings.authority,
        tenant_id=settings.entra_tenant_id,
        issuer_v1=settings.cloud.places.issuer_v1,
    )


def build_app(setup: Setup) -> App:
    """Makes the adapters for this set-up, and the app of them; nothing is contacted yet."""
    settings = setup.settings
    identity = partial(credential, settings.identity_client_id)
    graph = GraphClient(identity, base_url=settings.graph_base_url)
    tables = _tables(settings)
    address = _address(settings)
    by_identity = partial(blocking_credential, settings.identity_client_id)
    world = World(
        directory=GraphDirectory(
            graph,
            settings.scope_group_id,
            licences=settings.licences,
            reads_role_assignments=settings.reads_role_assignments,
        ),
        cloud_scope=GraphScope(graph, settings.scope_group_id),
        cloud_sync=GraphCloudSync(graph, settings.cloud_sync_ids),
        tenant_facts=GraphTenantFacts(graph),
        ledger=tables.ledger,
        rollouts=tables.rollouts,
        write_control=tables.write_control,
        plans=tables.plans,
        operations=tables.operations,
        personal_data=tables.personal_data,
        workers=tables.workers,
        ledger_marks=tables.ledger_marks,
        readings=tables.readings,
        sspr_watch=tables.sspr_watch,
        account_changes=GraphAccountChanges(graph),
        account_looks=tables.account_looks,
        doctor_looks=tables.doctor_looks,
        door_key=tables.door_key,
        sources_heard=tables.sources_heard,
        scim_users=tables.scim_users,
        held_events=tables.held_events,
        preflights=tables.preflights,
        audit=tables.audit,
        outbox=ServiceBusOutbox(address, by_identity),
        dead_letters=ServiceBusDeadLetters(address, by_identity),
        unread=ServiceBusUnread(address, by_identity),
        lifecycle=GraphLifecycle(graph),
        audit_mark=_audit_mark(settings),
        tenant_rules=settings.tenant_rules,
        limits=settings.time_limits,
        dated_endings=settings.dated_endings,
        licences=settings.licences,
        brakes=brakes_of(setup.senders.sources.values(), settings.brake),
        rhythms=rhythms_of(setup.senders.sources.values()),
        provisions_on_demand=settings.provision_on_demand,
    )
    dependencies = (
        IdentityHealth(identity, _resources(settings)),
        GraphHealth(
            graph,
            settings.scope_group_id,
            settings.topology,
            reads_role_assignments=settings.reads_role_assignments,
            cloud_sync_ids=settings.cloud_sync_ids,
        ),
        tables,
        ServiceBusHealth(
            address, by_identity, sends_to=queues.SENT_TO, receives_from=queues.RECEIVED_FROM
        ),
    )
    return App(world=world, senders=setup.senders, dependencies=dependencies)


def _export_logs(settings: AppSettings) -> None:
    if settings.telemetry_connection_string is None:
        return
    by_identity = partial(blocking_credential, settings.telemetry_client_id)
    export_logs(
        PRODUCT,
        settings.telemetry_connection_string.get_secret_value(),
        by_identity if settings.telemetry_authentication else None,
    )


def _tables(settings: AppSettings) -> Tables:
    writer = (running_version(), App.now)
    if settings.ledger_connection_string:
        text = settings.ledger_connection_string.get_secret_value()
        return Tables.from_connection_string(text, writer)
    return Tables.from_endpoint(
        settings.ledger_endpoint or "", credential(settings.identity_client_id), writer
    )


def _audit_mark(settings: AppSettings) -> AuditMarks:
    if settings.ledger_connection_string:
        text = settings.ledger_connection_string.get_secret_value()
        place = BlobPlace.of_connection_string(text)
    else:
        place = BlobPlace.beside_tables(settings.ledger_endpoint or "")
    if place is None:
        return NoAuditMark()
    return BlobAuditMark(place, partial(credential, settings.identity_client_id))


def _resources(settings: AppSettings) -> list[str]:
    """Returns what the managed identity is used at.

    Graph always is; the rest only where no key is set instead.
    """
    used = {
        settings.cloud.places.graph: True,
        "https://storage.azure.com": not settings.ledger_connection_string,
        "https://servicebus.azure.net": not settings.service_bus_connection_string,
    }
    return [resource for resource, is_used in used.items() if is_used]


def _address(settings: AppSettings) -> ServiceBusAddress:
    by_key = settings.service_bus_connection_string
    return ServiceBusAddress(
        connection_string=by_key.get_secret_value() if by_key else None,
        namespace=settings.service_bus_namespace,
        custom_endpoint=settings.service_bus_endpoint,
        ca_file=settings.service_bus_ca_file,
        transport="amqp" if settings.service_bus_transport == "Amqp" else "websockets",
    )
