"""What the host asks of the listener of a function that is not called over HTTP."""

import asyncio
import logging
from contextlib import suppress
from typing import Protocol

from sandbox.functions_host.function import Function

_log = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 2.0
_LONGEST_PAUSE_SECONDS = 120.0


class Listener(Protocol):
    """Watches one trigger and invokes one function."""

    @property
    def function(self) -> Function:
        """The function that is invoked."""

    async def start(self) -> None:
        """Get ready to run; may be called again.

        Raises:
            OSError: When the trigger's source cannot be reached.
            ValueError: When the settings do not say where it is.
        """

    async def run(self, stop: asyncio.Event) -> None:
        """Invoke the function as its trigger fires; after the stop, let what runs finish."""

    async def invoke_by_hand(self, text: str | None) -> None:
        """Invoke the function now with a value written by the operator.

        Raises:
            ValueError: When the trigger can make nothing of it.
        """


async def attend(listener: Listener, stop: asyncio.Event) -> None:
    """Run a listener, however often it takes to start it.

    The pauses are those of ``FunctionListener`` in azure-webjobs-sdk, without its dice.
    """
    pause = _FIRST_PAUSE_SECONDS
    while not stop.is_set():
        try:
            await listener.start()
        except (OSError, ValueError) as error:
            _log.error("the listener of function=%s: %s", listener.function.name, error)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        else:
            await listener.run(stop)
            return
