"""The port `Outbox`, in memory."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from shared.adapters.memory.broker import Broker
from shared.adapters.memory.turns import Pause, straight_on
from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.contracts.messages.directory_stop import DirectoryStop
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.queues import (
    DIRECTORY_COMMANDS,
    LIFECYCLE_CALLBACKS,
    ONBOARDING_EVENTS,
    ROLLOUT_OPERATIONS,
    SCOPE_CHANGES,
)
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.contracts.messages.scope_change import ScopeChange


class MemoryOutbox:
    """Puts messages on a broker's queues."""

    def __init__(self, broker: Broker, pause: Pause = straight_on) -> None:
        self._broker = broker
        self._pause = pause

    async def send_onboarding(self, bodies: Sequence[tuple[str, bytes]]) -> None:
        """Sends onboarding events as they are, each with its key."""
        await self._send("send_onboarding", ONBOARDING_EVENTS, bodies)

    async def send_scope_changes(self, changes: Sequence[ScopeChange]) -> None:
        """Sends the keys of people whose membership is to be written."""
        messages = [(each.change_key, each.text()) for each in changes]
        await self._send("send_scope_changes", SCOPE_CHANGES, messages)

    async def send_commands(self, commands: Sequence[DirectoryCommand]) -> None:
        """Sends commands to the hybrid worker."""
        messages = [(each.command_key, each.text()) for each in commands]
        await self._send("send_commands", DIRECTORY_COMMANDS, messages)

    async def send_questions(self, questions: Sequence[DirectoryQuestion]) -> None:
        """Asks the hybrid worker about people; it writes nothing for that."""
        messages = [(each.message_key, each.text()) for each in questions]
        await self._send("send_questions", DIRECTORY_COMMANDS, messages)

    async def send_stop(self, stop: DirectoryStop) -> None:
        """Tells the hybrid worker that commands issued before are void."""
        await self._send("send_stop", DIRECTORY_COMMANDS, [(stop.message_key, stop.text())])

    async def send_operations(self, requests: Sequence[OperationRequest]) -> None:
        """Sends operations that take longer than an HTTP request may."""
        messages = [(each.operation_key, each.text()) for each in requests]
        await self._send("send_operations", ROLLOUT_OPERATIONS, messages)

    async def send_callbacks(
        self, callbacks: Sequence[LifecycleCallback], after: timedelta = timedelta()
    ) -> None:
        """Sends workflows that wait to be called back, to be delivered once `after` has passed."""
        messages = [(each.message_key, each.text()) for each in callbacks]
        await self._send("send_callbacks", LIFECYCLE_CALLBACKS, messages, after)

    async def return_messages(
        self, queue: str, messages: Sequence[ReturnedMessage], after: timedelta
    ) -> None:
        """Sends messages back to a queue of ours, to be delivered once `after` has passed."""
        await self._pause("outbox.return_messages")
        for each in messages:
            self._broker.send(queue, each.key, each.body, each.properties, after)
        await self._pause("outbox.return_messages done")

    async def _send(
        self,
        method: str,
        queue: str,
        messages: Iterable[tuple[str, bytes]],
        after: timedelta = timedelta(),
    ) -> None:
        await self._pause(f"outbox.{method}")
        for key, body in messages:
            self._broker.send(queue, key, body, {}, after)
        await self._pause(f"outbox.{method} done")
