"""The port `Dependency`: every queue, both ways in which the app uses it."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from shared.adapters.service_bus.failure import trouble_of
from shared.adapters.service_bus.outbox import ServiceBusAddress
from shared.domain.health import DependencyKind, NotReached
from shared.ports.dependency import Check

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential
    from azure.servicebus import ServiceBusClient

_SECONDS = 12.0
_MOST_THREADS = 12

type Look = Callable[["ServiceBusClient", str], None]


class ServiceBusHealth:
    """Opens a link to each queue and takes nothing off it.

    In threads of its own: those of the senders are not to wait for a look that hangs.
    """

    def __init__(
        self,
        address: ServiceBusAddress,
        credential: "Callable[[], TokenCredential]",
        *,
        sends_to: Collection[str],
        receives_from: Collection[str],
    ) -> None:
        self._address = address
        self._credential = credential
        self._looks: list[tuple[str, str, Look]] = [
            *((queue, "send", _open_to_send) for queue in sends_to),
            *((queue, "receive", _peek) for queue in receives_from),
        ]
        self._threads = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="health")

    def checks(self) -> list[Check]:
        """Returns a check for each queue and way, for a role may be there for one way alone."""
        return [
            Check(
                kind=DependencyKind.QUEUE,
                name=queue,
                purpose=way,
                look=partial(self._run, queue, look),
            )
            for queue, way, look in self._looks
        ]

    async def _run(self, queue: str, look: Look) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._look, queue, look)

    def _look(self, queue: str, look: Look) -> None:
        from azure.core.exceptions import AzureError

        try:
            credential = self._credential() if self._address.namespace else None
            with self._address.client(credential, seconds=_SECONDS) as client:
                look(client, queue)
        except AzureError as error:
            raise NotReached(trouble_of(error), type(error).__name__) from None


def _open_to_send(client: "ServiceBusClient", queue: str) -> None:
    with client.get_queue_sender(queue) as sender:
        # The link tells how large a message may be; so it has to be there.
        sender.create_message_batch()


def _peek(client: "ServiceBusClient", queue: str) -> None:
    # Not entered as a context: that alone would wait for the link without a limit of ours.
    receiver = client.get_queue_receiver(queue)
    try:
        receiver.peek_messages(max_message_count=1, timeout=_SECONDS)
    finally:
        receiver.close()
