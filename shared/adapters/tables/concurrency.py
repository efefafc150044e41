"""Several things at once, where none is left running behind an error."""

import asyncio
from collections.abc import Awaitable, Iterable


async def all_of[T](awaitables: Iterable[Awaitable[T]]) -> list[T]:
    """Returns what each answers, in order; raises the first error when all have ended."""
    outcomes = await asyncio.gather(*awaitables, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
    return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
