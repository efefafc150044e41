"""Active Directory: its servers, how to sign in, and the one group."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, FilePath, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from hybrid_worker.settings.file import PREFIX, FileSettings
from hybrid_worker.settings.secret import secret_of

_REFUSED_PORTS = {
    389: "plain LDAP",
    3268: "the global catalogue in plain LDAP",
    3269: "the global catalogue, which cannot be written",
}
_MOST_SERVERS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server of AD is: its name, as in its certificate, and where to connect."""

    name: str
    host: str
    port: int


def _refuse_other_binds(value: object) -> object:
    if str(value).lower() in {"ntlm", "anonymous"}:
        raise ValueError(f"{value} is refused; use kerberos, or simple (always over LDAPS)")
    return value


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
        return secret_of(self.password, self.password_file)

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


def _listed(names: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (names or "").split(",") if name.strip())


def _places(names: str | None, addresses: str | None, port: int) -> tuple[Place, ...]:
    hosts = _listed(addresses) or _listed(names)
    return tuple(Place(name, host, port) for name, host in zip(_listed(names), hosts, strict=True))
