"""The queues that this side sends to."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from shared.contracts.messages.directory_command import DirectoryCommand
from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.contracts.messages.directory_stop import DirectoryStop
from shared.contracts.messages.lifecycle_callback import LifecycleCallback
from shared.contracts.messages.operation_request import OperationRequest
from shared.contracts.messages.returned_message import ReturnedMessage
from shared.contracts.messages.scope_change import ScopeChange


class Outbox(Protocol):
    """The queues this side sends to. A message sent twice with one key is delivered once."""

    async def send_onboarding(self, bodies: Sequence[tuple[str, bytes]]) -> None:
        """Sends onboarding events as they are, each with its key."""

    async def send_scope_changes(self, changes: Sequence[ScopeChange]) -> None:
        """Sends the keys of people whose membership is to be written."""

    async def send_commands(self, commands: Sequence[DirectoryCommand]) -> None:
        """Sends commands to the hybrid worker."""

    async def send_questions(self, questions: Sequence[DirectoryQuestion]) -> None:
        """Asks the hybrid worker about people; it writes nothing for that."""

    async def send_stop(self, stop: DirectoryStop) -> None:
        """Tells the hybrid worker that commands issued before are void."""

    async def send_operations(self, requests: Sequence[OperationRequest]) -> None:
        """Sends operations that take longer than an HTTP request may."""

    async def send_callbacks(
        self, callbacks: Sequence[LifecycleCallback], after: timedelta = timedelta()
    ) -> None:
        """Sends workflows that wait to be called back, to be delivered so much later."""

    async def return_messages(
        self, queue: str, messages: Sequence[ReturnedMessage], after: timedelta
    ) -> None:
        """Sends messages of a queue of ours to that queue again, to be delivered so much later."""
