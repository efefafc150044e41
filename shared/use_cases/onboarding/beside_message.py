"""Beside a message: what is done while its sender waits, and may cost no message."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

from shared.domain.errors import SsprRolloutError

_PATIENCE: Final = 2.0
"""Seconds that a sender may wait for it."""


@asynccontextmanager
async def beside_message() -> AsyncIterator[None]:
    """Gives up what is within after two seconds, or where storage is away, without a word.

    Storage that is away has alarms of its own.
    """
    with suppress(SsprRolloutError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            yield
