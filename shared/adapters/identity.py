"""Who the app is to Azure: a managed identity."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from shared.domain.health import DependencyKind, NotReached, Trouble
from shared.ports.dependency import Check

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.core.credentials_async import AsyncTokenCredential

_WAITS: Mapping[str, Any] = {"connection_timeout": 5, "read_timeout": 10}
"""Seconds. The SDK's own would wait for five minutes, several times."""


def credential(client_id: str | None = None) -> "AsyncTokenCredential":
    """Returns the credential for Graph and Storage; it belongs to the loop that first uses it.

    Not the SDK's chain of credentials, which takes whichever of many identities answers first.

    Args:
        client_id: of a user-assigned identity; None is the system-assigned one.
    """
    from azure.identity import aio

    return aio.ManagedIdentityCredential(client_id=client_id, **_WAITS)


def blocking_credential(client_id: str | None = None) -> "TokenCredential":
    """Returns the same credential for the Service Bus client, which works in threads."""
    import azure.identity

    return azure.identity.ManagedIdentityCredential(client_id=client_id, **_WAITS)


class IdentityHealth:
    """The port `Dependency`: a token for each of the services that the identity is used at."""

    def __init__(
        self, make_credential: "Callable[[], AsyncTokenCredential]", resources: Sequence[str]
    ) -> None:
        """Takes note of the resources, such as `https://graph.microsoft.com`."""
        self._make_credential = make_credential
        self._resources = resources

    def checks(self) -> list[Check]:
        """Returns a check for each resource: a token is issued, or not, for each by itself."""
        return [
            Check(
                kind=DependencyKind.IDENTITY,
                name=resource.removeprefix("https://"),
                purpose="a token",
                look=partial(self._look, f"{resource}/.default"),
            )
            for resource in self._resources
        ]

    async def _look(self, scope: str) -> None:
        from azure.core.exceptions import AzureError

        async with self._make_credential() as credential:
            try:
                await credential.get_token(scope)
            except AzureError as error:
                raise NotReached(Trouble.NO_TOKEN, type(error).__name__) from None
