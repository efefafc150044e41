"""What the worker is told: `SSPR_WORKER_…` in the environment, or in a file `worker.env`.

The environment wins over the file. Everything is checked at the start, all complaints at once.
"""

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from hybrid_worker.settings_file import FileSettings, file_values, unreadable_lines
from shared.contracts.messages.queues import DIRECTORY_COMMANDS, DIRECTORY_RESULTS
from shared.domain.errors import ConfigurationError

PREFIX = "SSPR_WORKER_"
_REFUSED_PORTS = {
    389: "plain LDAP",
    3268: "the global catalogue in plain LDAP",
    3269: "the global catalogue, which cannot be written",
}
_MOST_SERVERS = 20


def _refuse_other_binds(value: object) -> object:
    if str(value).lower() in {"ntlm", "anonymous"}:
        raise ValueError(f"{value} is refused; use kerberos, or simple (always over LDAPS)")
    return value


class ProcessSettings(FileSettings):
    """The process itself."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", env_ignore_empty=True)

    name: str = Field(
        default_factory=socket.gethostname,
        max_length=200,
        description="Under which name the worker answers.",
    )
    state_directory: Path = Field(
        description="Give a folder that only the worker may read; its journal is kept there."
    )
    batch: int = Field(50, ge=1, le=100, description="How many commands to take at once.")
    report_every: float = Field(
        60, ge=1, le=600, description="Seconds between two heartbeats, which are never off."
    )
    stop_within: float = Field(
        10, ge=0, le=120, description="Seconds to wait for a running sync when asked to stop."
    )
    stuck_after: float = Field(
        900, ge=60, le=86_400, description="Seconds without a turn after which the process ends."
    )

    @field_validator("state_directory")
    @classmethod
    def _is_usable(cls, folder: Path) -> Path:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(f"the folder cannot be made: {error.strerror}") from None
        if not os.access(folder, os.W_OK):
            raise ValueError("the folder cannot be written")
        return folder


class ServiceBusSettings(FileSettings):
    """The queues, and who the worker is to them."""

    model_config = SettingsConfigDict(
        env_prefix=f"{PREFIX}SERVICE_BUS_", extra="ignore", env_ignore_empty=True
    )

    namespace: str | None = Field(
        None, description="Give the full name, as in contoso.servicebus.windows.net."
    )
    connection_string: SecretStr | None = Field(None, description="For a lab only.")
    tenant_id: str | None = Field(None, description="Of the certificate credential.")
    client_id: str | None = Field(None, description="Of the certificate credential.")
    certificate_file: FilePath | None = Field(
        None, description="PEM or PKCS12 with its private key; instead of the managed identity."
    )
    transport: Literal["websockets", "amqp"] = Field(
        "websockets", description="websockets needs port 443 outbound only, amqp 5671."
    )
    custom_endpoint: str | None = Field(
        None, description="Where to connect instead, as in sb://10.0.0.5:5671."
    )
    ca_file: FilePath | None = Field(None, description="PEM of the authority to trust instead.")
    proxy_host: str | None = Field(None, description="An HTTP proxy, for websockets.")
    proxy_port: int = Field(8080, ge=1, le=65535, description="Its port.")
    reopen_after: float = Field(
        300, ge=5, le=600, description="Seconds without a command after which links are renewed."
    )
    commands_queue: str = Field(DIRECTORY_COMMANDS, description="Where commands come from.")
    results_queue: str = Field(DIRECTORY_RESULTS, description="Where answers go.")

    @model_validator(mode="after")
    def _names_one_service_bus(self) -> Self:
        if bool(self.namespace) == bool(self.connection_string):
            raise ValueError(
                f"give {PREFIX}SERVICE_BUS_NAMESPACE, or in a lab "
                f"{PREFIX}SERVICE_BUS_CONNECTION_STRING, and not both"
            )
        return self

    @model_validator(mode="after")
    def _certificate_is_whole(self) -> Self:
        parts = (self.tenant_id, self.client_id, self.certificate_file)
        if any(parts) and not all(parts):
            raise ValueError(
                "a certificate credential needs all of "
                f"{PREFIX}SERVICE_BUS_TENANT_ID, _CLIENT_ID and _CERTIFICATE_FILE"
            )
        if any(parts) and self.connection_string:
            raise ValueError("a certificate credential and a connection string exclude each other")
        return self

    @model_validator(mode="after")
    def _transport_can_work(self) -> Self:
        text = self.connection_string.get_secret_value() if self.connection_string else ""
        if "usedevelopmentemulator=true" in text.lower() and self.transport != "amqp":
            raise ValueError(
                f"the emulator speaks plain AMQP: set {PREFIX}SERVICE_BUS_TRANSPORT=amqp"
            )
        if self.proxy_host and self.transport == "amqp":
            raise ValueError(
                f"a proxy carries websockets only: set {PREFIX}SERVICE_BUS_TRANSPORT=websockets"
            )
        return self


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server of AD is: its name, as in its certificate, and where to connect."""

    name: str
    host: str
    port: int


class DirectorySettings(FileSettings):
    """Active Directory, and the one group the worker may write."""

    model_config = SettingsConfigDict(
        env_prefix=f"{PREFIX}DIRECTORY_", extra="ignore", env_ignore_empty=True
    )

    server: str = Field(
        description="Give the DNS name of the domain controller that Entra Connect reads from, "
        "so that its import sees the change without waiting for replication. Others may follow "
        "after commas; they are used while those before them are away."
    )
    address: str | None = Field(
        None,
        description="Its IP address, where the name cannot be resolved; of several servers all.",
    )
    port: int = Field(636, ge=1, le=65535, description="The port of LDAPS.")
    catalogue: str | None = Field(
        None,
        description="For several domains in one forest: the DNS names of global catalogue servers. "
        "The scope group has to be universal.",
    )
    catalogue_address: str | None = Field(
        None, description="Their IP addresses, where the names cannot be resolved."
    )
    catalogue_port: int = Field(
        3269, ge=1, le=65535, description="The port of the global catalogue over TLS."
    )
    domain: str = Field(description="Give the DNS name of the domain, as in corp.contoso.com.")
    scope_group: str = Field(
        description="Give the sAMAccountName, name or DN of the AD group that is synced."
    )
    ca_file: FilePath | None = Field(
        None, description="PEM of the authority that signed the server's certificate."
    )
    bind: Annotated[Literal["kerberos", "simple"], BeforeValidator(_refuse_other_binds)] = Field(
        "kerberos", description="How to sign in; both over LDAPS."
    )
    user: str | None = Field(None, description="For bind=simple, as in svc@corp.contoso.com.")
    password: SecretStr | None = Field(None, description="For bind=simple.")
    password_file: FilePath | None = Field(None, description="A file with the password, instead.")
    keytab: FilePath | None = Field(None, description="Linux: the service account's keys.")
    krb5_config: FilePath | None = Field(None, description="Linux: instead of /etc/krb5.conf.")
    timeout: int = Field(30, ge=1, le=300, description="Seconds to wait for an answer.")

    @field_validator("server", "catalogue")
    @classmethod
    def _are_names(cls, servers: str | None) -> str | None:
        if servers is None:
            return None
        if "://" in servers or ":" in servers:
            raise ValueError("only the DNS name; the worker always speaks LDAPS")
        if not 1 <= len(_listed(servers)) <= _MOST_SERVERS:
            raise ValueError(f"name one to {_MOST_SERVERS} servers, with commas between them")
        return servers

    @field_validator("port")
    @classmethod
    def _is_ldaps(cls, port: int) -> int:
        if port in _REFUSED_PORTS:
            raise ValueError(f"{port} is {_REFUSED_PORTS[port]}, which is refused")
        return port

    @field_validator("catalogue_port")
    @classmethod
    def _is_over_tls(cls, port: int) -> int:
        if port in {389, 3268}:
            raise ValueError(f"{port} is {_REFUSED_PORTS[port]}, which is refused")
        return port

    @model_validator(mode="after")
    def _have_places(self) -> Self:
        for kind, servers, addresses in (
            ("", self.server, self.address),
            ("CATALOGUE_", self.catalogue, self.catalogue_address),
        ):
            if addresses and len(_listed(addresses)) != len(_listed(servers)):
                raise ValueError(
                    f"{PREFIX}DIRECTORY_{kind}ADDRESS: give an address for each server, in the "
                    "same order, or none"
                )
        return self

    @model_validator(mode="after")
    def _can_bind(self) -> Self:
        secrets = [self.password, self.password_file]
        if self.bind == "simple" and (not self.user or sum(map(bool, secrets)) != 1):
            raise ValueError(
                f"{PREFIX}DIRECTORY_BIND=simple needs {PREFIX}DIRECTORY_USER and one of "
                f"{PREFIX}DIRECTORY_PASSWORD and {PREFIX}DIRECTORY_PASSWORD_FILE"
            )
        if self.bind == "kerberos" and (self.user or any(secrets)):
            raise ValueError(
                f"{PREFIX}DIRECTORY_BIND=kerberos takes no user and no password: the process's "
                f"own account is used, or {PREFIX}DIRECTORY_KEYTAB"
            )
        if self.bind == "simple" and self.keytab:
            raise ValueError(f"{PREFIX}DIRECTORY_KEYTAB is for {PREFIX}DIRECTORY_BIND=kerberos")
        return self

    @property
    def base(self) -> str:
        """The domain's naming context."""
        return ",".join(f"DC={label}" for label in self.domain.split("."))

    @property
    def controllers(self) -> tuple[Place, ...]:
        """The domain controllers, the preferred one first."""
        return _places(self.server, self.address, self.port)

    @property
    def catalogues(self) -> tuple[Place, ...]:
        """The servers of the global catalogue; none where there is one domain."""
        return _places(self.catalogue, self.catalogue_address, self.catalogue_port)

    def secret(self) -> str | None:
        """Returns the password, wherever it is kept."""
        return _secret(self.password, self.password_file)

    def sign_in(self) -> tuple[str, bytes]:
        """Returns whom AD is asked to believe, and by what proof, to tell a new one from an old.

        A group managed service account has none that could be seen.
        """
        name = f"{self.bind}:{self.user or self.keytab or ''}@{self.domain}".lower()
        # A file that cannot be read is told by the sign-in that needs it.
        with suppress(OSError):
            if self.bind == "simple":
                return name, (self.secret() or "").encode()
            if self.keytab:
                return name, self.keytab.read_bytes()
        return name, b""


class SyncSettings(FileSettings):
    """The Entra Connect host, and how patient to be with it."""

    model_config = SettingsConfigDict(
        env_prefix=f"{PREFIX}SYNC_", extra="ignore", env_ignore_empty=True
    )

    mode: Literal["connect", "cloud", "none"] = Field(
        "connect",
        description="connect: Entra Connect, whose cycles the worker starts; cloud: Entra Cloud "
        "Sync, which nobody starts; none: leave it to the scheduler of Entra Connect.",
    )
    through: Literal["psrp", "subprocess"] = Field(
        "psrp",
        description="For mode=connect; psrp: a JEA endpoint, subprocess: PowerShell on this host.",
    )
    provision_on_demand: bool = Field(
        False,
        description="For mode=cloud, and an app that has SSPR_PROVISION_ON_DEMAND: true has the "
        "worker tell the app the DN of each new hire whom it puts into the group.",
    )
    host: str | None = Field(None, description="Give the Entra Connect host's DNS name.")
    port: int = Field(5986, ge=1, le=65535, description="WinRM over HTTPS.")
    connector: str | None = Field(
        None,
        description="The connector of Entra Connect that reads the group's forest, where it does "
        "not have the forest's name.",
    )
    configuration: str = Field("SSPR.DeltaSync", description="The name of the JEA endpoint.")
    auth: Literal["negotiate", "kerberos", "ntlm", "basic"] = Field(
        "negotiate", description="How to sign in to WinRM; always over HTTPS."
    )
    user: str | None = Field(
        None, description="Empty: the process's own account, or on Linux that of the keytab."
    )
    password: SecretStr | None = Field(None, description="The user's.")
    password_file: FilePath | None = Field(None, description="A file with the password, instead.")
    ca_file: FilePath | None = Field(
        None, description="PEM of your own authority; the system's store is not asked."
    )
    powershell: Path = Field(
        Path(r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"),
        description="For through=subprocess: an absolute path.",
    )
    module: str = Field("ADSync", description="For through=subprocess: the module, or its path.")
    timeout: int = Field(60, ge=6, le=600, description="Seconds to wait for one answer.")
    debounce: float = Field(2, ge=0, le=60, description="Seconds to gather changes for one cycle.")
    poll: float = Field(5, gt=0, le=120, description="Seconds between looks at a running cycle.")
    longest_pause: float = Field(
        300, gt=0, le=900, description="Seconds at most between tries while a cycle cannot be had."
    )
    explain_after: float = Field(
        240, ge=0, le=1800, description="Seconds after which to say what keeps an owed sync back."
    )
    look_every: int = Field(
        1800,
        ge=0,
        le=86_400,
        description="Seconds between looks at the host's writeback and its events; 0: none. Each "
        "is a session there, with its transcript.",
    )
    patience: float = Field(
        1200, gt=0, description="Seconds after which a sync that is still owed counts as failed."
    )

    @model_validator(mode="before")
    @classmethod
    def _takes_older_words(cls, values: Any) -> Any:
        """Reads psrp and subprocess, which were modes before there was another sync than Connect.

        A worker.env that was written then goes on to work.
        """
        if not isinstance(values, dict) or values.get("mode") not in {"psrp", "subprocess"}:
            return values
        through = values.get("through", values["mode"])
        if through != values["mode"]:
            raise ValueError(
                f"{PREFIX}SYNC_MODE={values['mode']} means connect through {values['mode']}, and "
                f"{PREFIX}SYNC_THROUGH says {through}"
            )
        return values | {"mode": "connect", "through": through}

    @model_validator(mode="after")
    def _provisions_by_cloud_sync(self) -> Self:
        if self.provision_on_demand and self.mode != "cloud":
            raise ValueError(
                f"{PREFIX}SYNC_PROVISION_ON_DEMAND is for {PREFIX}SYNC_MODE=cloud: Entra Connect "
                "provisions nobody on demand"
            )
        return self

    @model_validator(mode="after")
    def _can_be_called(self) -> Self:
        if self.mode != "connect":
            return self
        if self.through == "psrp" and not self.host:
            raise ValueError(
                f"{PREFIX}SYNC_MODE=connect needs {PREFIX}SYNC_HOST, the Entra Connect host; "
                "set the mode to none to leave syncing to its scheduler, to cloud where it is "
                "Entra Cloud Sync"
            )
        if self.through == "subprocess" and not self.powershell.is_file():
            raise ValueError(f"{PREFIX}SYNC_POWERSHELL: there is no {self.powershell}")
        return self

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        secrets = sum(map(bool, [self.password, self.password_file]))
        if bool(self.user) != bool(secrets) or secrets > 1:
            raise ValueError(
                f"{PREFIX}SYNC_USER goes with one of "
                f"{PREFIX}SYNC_PASSWORD and {PREFIX}SYNC_PASSWORD_FILE"
            )
        if self.auth == "basic" and not self.user:
            raise ValueError(f"{PREFIX}SYNC_AUTH=basic needs {PREFIX}SYNC_USER")
        return self

    def secret(self) -> str | None:
        """Returns the password, wherever it is kept."""
        return _secret(self.password, self.password_file)


class PreflightSettings(FileSettings):
    """How it is looked whether password resets would be written back."""

    model_config = SettingsConfigDict(
        env_prefix=f"{PREFIX}PREFLIGHT_", extra="ignore", env_ignore_empty=True
    )

    connector: str | None = Field(
        None,
        max_length=256,
        description="The name or SID of the account that writes passwords back; empty: the one "
        "account named MSOL_… or provAgentgMSA.",
    )


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Everything the worker is told."""

    process: ProcessSettings
    service_bus: ServiceBusSettings
    directory: DirectorySettings
    sync: SyncSettings
    preflight: PreflightSettings

    def shown(self) -> dict[str, str | float | None]:
        """Returns every setting by the name of its environment variable; secrets are covered."""
        groups = (self.process, self.service_bus, self.directory, self.sync, self.preflight)
        return {
            _variable(type(group), name): value if isinstance(value, int | float) else str(value)
            for group in groups
            for name, value in group
            if value is not None
        }


_GROUPS = (
    ProcessSettings,
    ServiceBusSettings,
    DirectorySettings,
    SyncSettings,
    PreflightSettings,
)


def load_settings(file: Path = Path("worker.env")) -> WorkerSettings:
    """Reads the environment and the file, which may be missing.

    Raises:
        ConfigurationError: one line for every setting that is missing, wrong or unknown.
    """
    complaints = [*unreadable_lines(file), *_unknown(file)]
    groups: dict[type[BaseSettings], BaseSettings] = {}
    for group in _GROUPS:
        try:
            groups[group] = group(_env_file=file)
        except ValidationError as error:
            complaints += _complaints(group, error)
    if complaints:
        raise ConfigurationError("\n".join(complaints))
    return WorkerSettings(*(groups[group] for group in _GROUPS))  # type: ignore[arg-type]  # in their order


def supervisor_address() -> str | None:
    """Returns the socket that systemd has given to a unit with a watchdog, if it has."""
    return os.environ.get("NOTIFY_SOCKET")


def _listed(names: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (names or "").split(",") if name.strip())


def _places(names: str | None, addresses: str | None, port: int) -> tuple[Place, ...]:
    hosts = _listed(addresses) or _listed(names)
    return tuple(Place(name, host, port) for name, host in zip(_listed(names), hosts, strict=True))


def _secret(value: SecretStr | None, file: Path | None) -> str | None:
    if value:
        return value.get_secret_value()
    return file.read_text("utf-8").strip("\r\n") if file else None


def _variable(group: type[BaseSettings], name: str) -> str:
    return f"{group.model_config['env_prefix']}{name}".upper()


def _complaints(group: type[BaseSettings], error: ValidationError) -> list[str]:
    return [
        _complaint(group, str(entry["loc"][0]) if entry["loc"] else "", entry["msg"])
        for entry in error.errors(include_url=False, include_input=False)
    ]


def _complaint(group: type[BaseSettings], name: str, message: str) -> str:
    reason = message.removeprefix("Value error, ")
    if not name:
        return reason
    field = group.model_fields[name]
    reason = "is missing" if reason == "Field required" else reason
    return f"{_variable(group, name)}: {reason}. {field.description}"


def _unknown(file: Path) -> list[str]:
    """Complains of unknown names: a misspelt one would leave a default in force without a word."""
    known = {_variable(group, name) for group in _GROUPS for name in group.model_fields}
    given = {name.upper() for name in (*os.environ, *file_values(file))}
    ours = sorted(name for name in given - known if name.startswith(PREFIX))
    return [f"{name}: there is no such setting. Correct its name or take it out." for name in ours]
