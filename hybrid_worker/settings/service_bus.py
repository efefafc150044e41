"""The queues, and who the worker is to them."""

from typing import Literal, Self

from pydantic import Field, FilePath, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from hybrid_worker.settings.file import PREFIX, FileSettings
from shared.contracts.messages.queues import DIRECTORY_COMMANDS, DIRECTORY_RESULTS


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
