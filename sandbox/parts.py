"""The parts of the sandbox: what each is started with, and in which order."""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.certificates import server_certificate
from sandbox.domain_controller import domain
from sandbox.domain_controller.layout import Layout as DirectoryLayout
from sandbox.functions_host.grace import GRACE_SECONDS
from sandbox.layout import CACHE, SHARED_ACCESS_KEY, Layout
from sandbox.private_file import write_private
from sandbox.tenant.synchronization import SERVICE_PRINCIPAL
from sandbox.tenant.tenant import TENANT_ID
from shared.contracts.messages.queues import ONBOARDING_EVENTS

HR_SOURCES = Path(__file__).with_name("hr-sources.yaml")
HR_SECRETS = {
    "BAMBOOHR": "bamboo-shoots-in-spring",
    "DEEL": "a-good-deel-for-all",
    "REPORT": "hr:every-night-at-two",
}
HR_AUDIENCE = "api://sspr-rollout"
JEA_ENDPOINT = "SSPR.DeltaSync"
_TIMER_LEASE_SECONDS = 5
"""Azure's is a minute, for which no timer would fire after each power cut of a test."""
STAGES = (
    ("azurite", "domain_controller", "service_bus", "tenant"),
    ("connect_host", "cloud_sync"),
    ("functions_host", "hybrid_worker"),
)
"""Each stage is ready before the next one starts; within a stage all start at once."""
_CLOUD_SYNC = {"SSPR_CLOUD_SYNC_IDS": SERVICE_PRINCIPAL, "SSPR_PROVISION_ON_DEMAND": "true"}
"""The app's settings beside Entra Cloud Sync."""
_SYNCS = {"connect": "connect_host", "none": "connect_host", "cloud": "cloud_sync"}
"""Which part carries AD to the tenant, by the layout's sync."""


@dataclass(frozen=True, slots=True)
class Part:
    """A process to start: it says that it is ready by a line of JSON on its standard output."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    announces: bool = True


def belongs(name: str, layout: Layout) -> bool:
    """Whether this sandbox has that part; of those that carry AD to the tenant it has one."""
    return name not in _SYNCS.values() or name == _SYNCS[layout.sync]


def part(name: str, layout: Layout, announced: Mapping[str, Mapping[str, str]]) -> Part:
    """The part of that name; `announced` is what the stages before it have said."""
    match name:
        case "azurite":
            return _azurite(layout)
        case "domain_controller":
            return _domain_controller(layout)
        case "service_bus":
            return _service_bus(layout)
        case "tenant":
            return _tenant(layout)
        case "connect_host":
            return _connect_host(layout)
        case "cloud_sync":
            return _cloud_sync(layout)
        case "functions_host":
            return _functions_host(layout, announced["azurite"]["connectionString"])
        case "hybrid_worker":
            return _hybrid_worker(layout, announced["domain_controller"])
    raise ValueError(f"{name}: there is no such part")


def _python(module: str, **flags: object) -> tuple[str, ...]:
    pairs = [(f"--{flag.replace('_', '-')}", str(value)) for flag, value in flags.items()]
    return (sys.executable, "-m", module, *(word for pair in pairs for word in pair))


def _azurite(layout: Layout) -> Part:
    return Part(
        "azurite",
        _python(
            "sandbox.azurite",
            state=layout.state / "azurite",
            cache=CACHE,
            table_port=layout.ports.table,
            blob_port=layout.ports.blob,
        ),
    )


def _domain_controller(layout: Layout) -> Part:
    return Part(
        "domain_controller",
        _python(
            "sandbox.domain_controller",
            state=layout.state / "dc",
            address=layout.dc_address,
            certificates=layout.certificates,
            cache=CACHE,
            company_size=layout.company_size,
        ),
    )


def _service_bus(layout: Layout) -> Part:
    certificate = server_certificate(layout.certificates, "service-bus", ["localhost", "127.0.0.1"])
    return Part(
        "service_bus",
        _python(
            "sandbox.service_bus",
            database=layout.state / "service-bus.sqlite",
            queues=layout.queues,
            amqp_port=layout.ports.amqp,
            tls_port=layout.ports.amqp_tls,
            websocket_port=layout.ports.amqp_websocket,
            control_port=layout.ports.bus_control,
            certificate=certificate.certificate,
            private_key=certificate.key,
            signing_key=layout.signing_key,
            shared_access_key=f"{SHARED_ACCESS_KEY}={SHARED_ACCESS_KEY}",
        ),
    )


def _tenant(layout: Layout) -> Part:
    return Part(
        "tenant",
        _python(
            "sandbox.tenant",
            state=layout.state / "tenant",
            port=layout.ports.tenant,
            signing_key=layout.signing_key,
            identity_header=layout.identity_environment["IDENTITY_HEADER"],
            company_size=layout.company_size,
            connect_host=layout.connect_url,
            clock=clock_file(layout),
        )
        + _granted_for(("cloud-sync", "on-demand") if layout.sync == "cloud" else ()),
    )


def _granted_for(cases: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"--granted-for={case}" for case in cases)


def _connect_host(layout: Layout) -> Part:
    directory = DirectoryLayout(layout.state / "dc")
    return Part(
        "connect_host",
        _python(
            "sandbox.connect_host",
            state=layout.state / "connect",
            port=layout.ports.wsman,
            tls_port=layout.ports.wsman_tls,
            control_port=layout.ports.connect_control,
            ldaps=f"ldaps://{layout.dc_address}:636",
            certificates=layout.certificates,
            tenant=layout.tenant_url,
            keytab=directory.service_keytab,
            krb5_config=directory.krb5_conf,
        ),
    )


def _cloud_sync(layout: Layout) -> Part:
    return Part(
        "cloud_sync",
        _python(
            "sandbox.cloud_sync",
            state=layout.state / "cloud-sync",
            control_port=layout.ports.connect_control,
            ldaps=f"ldaps://{layout.dc_address}:636",
            certificates=layout.certificates,
            tenant=layout.tenant_url,
            clock=clock_file(layout),
        ),
    )


def _functions_host(layout: Layout, storage: str) -> Part:
    settings = host_settings(layout)
    values = function_app_settings(layout, storage)
    write_private(settings, json.dumps({"IsEncrypted": False, "Values": values}, indent=2))
    return Part(
        "functions_host",
        (
            *_python(
                "sandbox.functions_host",
                app=Path(__file__).parent.parent,
                settings=settings,
                state=layout.state / "functions",
                clock=clock_file(layout),
                port=layout.ports.functions,
                timer_lease=_TIMER_LEASE_SECONDS,
                grace=_grace(layout),
            ),
            # Azure's host would start all the same, serve nothing and say so in its log alone; so
            # would an app that has left out everything but what says why.
            *("--strict", "--expect", "enroll_people"),
        ),
        layout.identity_environment,
    )


def host_settings(layout: Layout) -> Path:
    """Where the development host finds the app's settings."""
    return layout.state / "functions-host.json"


def clock_file(layout: Layout) -> Path:
    """Where the offset of the app's time is kept."""
    return layout.state / "clock.json"


def function_app_settings(layout: Layout, storage: str) -> dict[str, str]:
    """The app's settings. Everything in it runs fast; what this sandbox has otherwise counts."""
    own = layout.app_settings
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "AzureWebJobsStorage": storage,
        "ServiceBusConnection__fullyQualifiedNamespace": "localhost",
        "ServiceBusConnection__credential": "managedidentity",
        "ServiceBusConnection__customEndpoint": f"sb://localhost:{layout.ports.amqp_tls}",
        "ServiceBusConnection__caFile": str(layout.authority.absolute()),
        "ServiceBusConnection__transport": "Amqp",
        "SSPR_SCOPE_GROUP_ID": layout.scope_group_id,
        "SSPR_TOPOLOGY": "nested",
        "SSPR_EXCLUDED_GROUP_IDS": layout.excluded_group_id,
        "SSPR_GRAPH_URL": f"{layout.tenant_url}/v1.0",
        "SSPR_LEDGER_CONNECTION_STRING": storage,
        "SSPR_CLOCK_SCHEDULE": "*/3 * * * * *",
        "SSPR_REGISTRATION_SCHEDULE": "1-59/15 * * * * *",
        "SSPR_RECONCILE_SCHEDULE": "8-59/15 * * * * *",
        "SSPR_MESSAGE_LOCK": f"PT{_batch_lock(layout)}S",
        "SSPR_LEASE": "PT10S",
        "SSPR_FIRST_RETRY": "PT5S",
        "SSPR_HR_SOURCES_FILE": str(HR_SOURCES),
        **{f"SSPR_HR_SECRETS__{name}": secret for name, secret in HR_SECRETS.items()},
        "SSPR_HR_AUDIENCE": HR_AUDIENCE,
        "SSPR_ENTRA_TENANT_ID": TENANT_ID,
        "SSPR_ENTRA_AUTHORITY": layout.tenant_url,
        "SSPR_CALLBACK_RETRY": "PT2S",
        **(_CLOUD_SYNC if layout.sync == "cloud" else {}),
        **layout.identity_environment,
        **(json.loads(own.read_text()) if own.exists() else {}),
    }


def _batch_lock(layout: Layout) -> int:
    """Seconds, as the queues have it that the app takes batches from."""
    queues = json.loads(layout.queues.read_text())
    return int(queues[ONBOARDING_EVENTS]["lockDurationSeconds"])


def _grace(layout: Layout) -> float:
    """Azure's ten seconds, and where a test has shortened the locks as small a part of one.

    A batch ends by itself in half its lock. What is left of that after the grace is the time in
    which it can be cut off: most of it, since a busy machine takes seconds to see that it waits.
    """
    return min(GRACE_SECONDS, _batch_lock(layout) / 10)


def _hybrid_worker(layout: Layout, controller: Mapping[str, str]) -> Part:
    environment = {**layout.worker_identity_environment, **worker_settings(layout, controller)}
    # For whoever wants to run `python -m hybrid_worker check` as the worker.
    lines = (f"{name}={value}\n" for name, value in environment.items())
    write_private(layout.state / "worker.env", "".join(lines))
    return Part(
        "hybrid_worker", (sys.executable, "-m", "hybrid_worker"), environment, announces=False
    )


def worker_settings(layout: Layout, controller: Mapping[str, str]) -> dict[str, str]:
    """The worker's settings: Kerberos over LDAPS and PSRP, AMQP over WebSockets."""
    prefix = "SSPR_WORKER_"
    settings = {
        "NAME": "sandbox-worker",
        "STATE_DIRECTORY": str((layout.state / "worker").absolute()),
        "REPORT_EVERY": "3",
        "SERVICE_BUS_NAMESPACE": "localhost",
        "SERVICE_BUS_CUSTOM_ENDPOINT": f"sb://localhost:{layout.ports.amqp_websocket}",
        "SERVICE_BUS_CA_FILE": str(layout.authority.absolute()),
        "SERVICE_BUS_TRANSPORT": "websockets",
        "DIRECTORY_SERVER": controller["host"],
        "DIRECTORY_ADDRESS": controller["address"],
        "DIRECTORY_DOMAIN": controller["realm"].lower(),
        "DIRECTORY_SCOPE_GROUP": domain.SCOPE_GROUP_DN,
        "DIRECTORY_CA_FILE": str(layout.authority.absolute()),
        "DIRECTORY_BIND": "kerberos",
        "DIRECTORY_KEYTAB": controller["keytab"],
        "DIRECTORY_KRB5_CONFIG": controller["krb5Config"],
        **_sync_settings(layout),
    }
    return {f"{prefix}{name}": value for name, value in settings.items()}


def _sync_settings(layout: Layout) -> dict[str, str]:
    if layout.sync == "cloud":
        return {"SYNC_MODE": "cloud", "SYNC_PROVISION_ON_DEMAND": "true"}
    if layout.sync == "none":
        return {"SYNC_MODE": "none"}
    return {
        "SYNC_MODE": "connect",
        "SYNC_HOST": "localhost",
        "SYNC_PORT": str(layout.ports.wsman_tls),
        "SYNC_CONFIGURATION": JEA_ENDPOINT,
        "SYNC_CA_FILE": str(layout.authority.absolute()),
        "PREFLIGHT_CONNECTOR": domain.CONNECTOR.name,
        "SYNC_DEBOUNCE": "0.3",
        "SYNC_POLL": "0.5",
    }
