"""Until kept: what others were first to change is decided anew, with what they have left there."""

from collections.abc import AsyncIterator

import stamina

from shared.domain.errors import LedgerConflict

_MOST_TRIES = 20
"""An expansion renews its lease between any two chunks, and each renewal is a conflict."""


def until_kept() -> AsyncIterator[stamina.Attempt]:
    """Yields attempts at reading, deciding and keeping, with growing pauses between them.

    The last conflict is raised.
    """
    return aiter(
        stamina.retry_context(
            on=LedgerConflict, attempts=_MOST_TRIES, timeout=None, wait_initial=0.02, wait_max=0.5
        )
    )
