"""What the host asks of the listener of a function that is not called over HTTP."""

import asyncio
from typing import Protocol

from sandbox.functions_host.runtime import Function


class Listener(Protocol):
    """Watches one trigger and invokes one function."""

    @property
    def function(self) -> Function:
        """The function that is invoked."""

    async def start(self) -> None:
        """Get ready to run; raises when the trigger's source cannot be reached."""

    async def run(self, stop: asyncio.Event) -> None:
        """Invoke the function as its trigger fires; after the stop, let what runs finish."""

    async def invoke_by_hand(self, text: str) -> None:
        """Invoke the function now with a value written by the operator."""
