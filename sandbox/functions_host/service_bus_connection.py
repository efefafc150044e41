"""From the name of a connection to a Service Bus client, as the settings say.

``NAME`` holds a connection string; or ``NAME__fullyQualifiedNamespace`` says where to sign in with
a managed identity, user-assigned if ``NAME__clientId`` is there. The name may have the prefix
``AzureWebJobs``, and the setting may stand among the ``ConnectionStrings``. Against a namespace of
this machine ``NAME__customEndpoint``, ``NAME__caFile`` and ``NAME__transport`` (``Amqp`` or
``AmqpOverWebsocket``) say how to reach it; Azure has no such settings.
"""

from typing import Any

from azure.identity.aio import ManagedIdentityCredential
from azure.servicebus import TransportType
from azure.servicebus.aio import ServiceBusClient

from sandbox.functions_host.settings import AppSettings, SettingsError

# The listener goes on trying by itself, and the SDK alone takes 16 s over a misspelt queue.
_PATIENCE: dict[str, Any] = {"retry_total": 1, "retry_backoff_factor": 0.1}


class ServiceBusConnection:
    """An open client, and its credential if it has one."""

    def __init__(self, settings: AppSettings, name: str) -> None:
        """Make the client; nothing is sent yet.

        Raises:
            SettingsError: When the settings say nothing about a connection of this name.
        """
        section = settings.section_of_connection(name) or name
        connection_string = settings.get(section)
        namespace = settings.get(f"{section}__fullyQualifiedNamespace")
        self._credential: ManagedIdentityCredential | None = None
        if connection_string is not None:
            self.client = ServiceBusClient.from_connection_string(connection_string, **_PATIENCE)
        elif namespace is not None:
            client_id = settings.get(f"{section}__clientId")
            self._credential = ManagedIdentityCredential(client_id=client_id)
            self.client = ServiceBusClient(namespace, self._credential, **_reach(settings, section))
        else:
            raise SettingsError(
                f"connection {name!r}: neither {name} nor {name}__fullyQualifiedNamespace is set"
            )

    async def close(self) -> None:
        """Close the client and the credential."""
        await self.client.close()
        if self._credential is not None:
            await self._credential.close()


def _reach(settings: AppSettings, name: str) -> dict[str, Any]:
    options: dict[str, Any] = {**_PATIENCE}
    transport = settings.get(f"{name}__transport") or "Amqp"
    try:
        options["transport_type"] = TransportType[transport]
    except KeyError:
        raise SettingsError(f"{name}__transport: {transport!r} is not a transport") from None
    if endpoint := settings.get(f"{name}__customEndpoint"):
        options["custom_endpoint_address"] = endpoint
    if authority := settings.get(f"{name}__caFile"):
        options["connection_verify"] = authority
    return options
