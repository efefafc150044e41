"""Where one sandbox keeps its things: folders, ports and addresses, fixed at its first start."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from sandbox.company import EXCLUDED_GROUP, SCOPE_GROUP, object_id
from sandbox.places import Place, reserve
from sandbox.tenant.identity import worker_header

type Sync = Literal["connect", "cloud", "none"]
SYNCS: tuple[Sync, ...] = ("connect", "cloud", "none")

CACHE = Path(".cache")
"""What is downloaded or provisioned once, for every sandbox of this checkout."""
IDENTITY_HEADER = "sandbox"
SHARED_ACCESS_KEY = "sandbox"
"""Of the Service Bus stand-in: its name, and the key itself."""
_USUAL_QUEUES = Path(__file__).parents[1] / "infra/queues.json"
"""As they are in Azure."""


@dataclass(frozen=True, slots=True)
class Ports:
    """The loopback ports of one sandbox."""

    table: int
    blob: int
    amqp: int
    amqp_tls: int
    amqp_websocket: int
    bus_control: int
    tenant: int
    wsman: int
    wsman_tls: int
    connect_control: int
    functions: int


@dataclass(frozen=True, slots=True)
class Layout:
    """One sandbox: a state folder, its ports and its domain controller's own address."""

    state: Path
    ports: Ports
    dc_address: str
    company_size: int
    sync: Sync = "connect"
    """What carries AD to the tenant: a Connect host whose cycles the worker starts, Cloud Sync, or
    a Connect host left to its own scheduler (none)."""

    @property
    def certificates(self) -> Path:
        """The private authority and what it signed."""
        return self.state / "certificates"

    @property
    def logs(self) -> Path:
        """One file for each part."""
        return self.state / "logs"

    @property
    def signing_key(self) -> Path:
        """What the tenant signs tokens with and the Service Bus checks them by."""
        return self.state / "signing.key"

    @property
    def queues(self) -> Path:
        """Which queues there are: a file of this sandbox's own, where there is one."""
        own = self.state / "queues.json"
        return own if own.exists() else _USUAL_QUEUES

    @property
    def app_settings(self) -> Path:
        """Settings of the app that differ in this sandbox: JSON of names and texts, if any do."""
        return self.state / "app-settings.json"

    @property
    def authority(self) -> Path:
        """The authority's certificate, for clients."""
        return self.certificates / "ca.pem"

    @property
    def tenant_url(self) -> str:
        """Graph without its version, and everything else the tenant offers."""
        return f"http://127.0.0.1:{self.ports.tenant}"

    @property
    def functions_url(self) -> str:
        """The Functions host."""
        return f"http://127.0.0.1:{self.ports.functions}"

    @property
    def connect_url(self) -> str:
        """The control API of whatever carries AD to the tenant."""
        return f"http://127.0.0.1:{self.ports.connect_control}"

    @property
    def bus_url(self) -> str:
        """The Service Bus stand-in's control API."""
        return f"http://127.0.0.1:{self.ports.bus_control}"

    @property
    def bus_connection_string(self) -> str:
        """What a sender without a token needs; for hand-placed messages."""
        return (
            f"Endpoint=sb://127.0.0.1:{self.ports.amqp};SharedAccessKeyName={SHARED_ACCESS_KEY};"
            f"SharedAccessKey={SHARED_ACCESS_KEY};UseDevelopmentEmulator=true;"
        )

    @property
    def identity_environment(self) -> dict[str, str]:
        """What App Service tells a process with a managed identity."""
        return {
            "IDENTITY_ENDPOINT": f"{self.tenant_url}/identity/token",
            "IDENTITY_HEADER": IDENTITY_HEADER,
        }

    @property
    def worker_identity_environment(self) -> dict[str, str]:
        """The same for the worker's machine, which has an identity of its own."""
        header = worker_header(IDENTITY_HEADER)
        return {**self.identity_environment, "IDENTITY_HEADER": header}

    @property
    def scope_group_id(self) -> str:
        """The group that is selected in SSPR."""
        return object_id("group", SCOPE_GROUP)

    @property
    def excluded_group_id(self) -> str:
        """The group that is never enrolled."""
        return object_id("group", EXCLUDED_GROUP)


def open_layout(state: Path, company_size: int, sync: Sync = "connect") -> Layout:
    """The layout of a state folder; made, at a place of its own, where there is none yet.

    Raises:
        NoPlaceLeft: this machine holds as many sandboxes as it can.
    """
    file = state / "layout.json"
    if file.exists():
        kept = json.loads(file.read_text())
        ports = Ports(**kept["ports"])
        kept_sync = kept.get("sync", "connect")
        return Layout(state, ports, kept["dc_address"], kept["company_size"], kept_sync)
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = reserve(state)
    layout = Layout(state, _ports(place), place.address, company_size, sync)
    kept = {
        "ports": asdict(layout.ports),
        "dc_address": layout.dc_address,
        "company_size": company_size,
    }
    file.write_text(json.dumps(kept, indent=2))
    return layout


def _ports(place: Place) -> Ports:
    names = [field.name for field in fields(Ports)]
    return Ports(**dict(zip(names, place.ports[: len(names)], strict=True)))
