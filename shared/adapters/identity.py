"""Who the app is to Azure: a managed identity, or on a developer's machine the developer."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.credentials_async import AsyncTokenCredential


def credential(
    client_id: str | None = None, *, local_development: bool = False
) -> "AsyncTokenCredential":
    """The credential for Graph and Storage; it belongs to the event loop that first uses it.

    Args:
        client_id: of a user-assigned identity; None is the system-assigned one.
        local_development: try the developer's own sign-ins instead. Never in Azure, where the
            chain would take whichever of many identities answers first.
    """
    from azure.identity import aio

    if local_development:
        return aio.DefaultAzureCredential(managed_identity_client_id=client_id)
    return aio.ManagedIdentityCredential(client_id=client_id)


def blocking_credential(
    client_id: str | None = None, *, local_development: bool = False
) -> "TokenCredential":
    """The same for the Service Bus client, which works in threads."""
    import azure.identity

    if local_development:
        return azure.identity.DefaultAzureCredential(managed_identity_client_id=client_id)
    return azure.identity.ManagedIdentityCredential(client_id=client_id)
