"""How changes are put into transactions, and how often one is tried."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

import stamina

from shared.adapters.tables.table import Write
from shared.domain.errors import LedgerConflict

MOST_WRITES = 98
"""A transaction takes 100; the head and the audit record are two of them."""
_MOST_BYTES = 768 * 1024
"""A transaction takes 4 MiB; but aiohttp warns of any body of more than 1 MiB, headers included."""
_MOST_TRIES = 10


def packed[T](
    items: Iterable[tuple[T, Sequence[Write]]],
) -> Iterator[list[tuple[T, Sequence[Write]]]]:
    """Packs the items into transactions, in their order; one item's writes stay together."""
    batch: list[tuple[T, Sequence[Write]]] = []
    writes = size = 0
    for item, more in items:
        weight = sum(_weight(write) for write in more)
        if batch and (writes + len(more) > MOST_WRITES or size + weight > _MOST_BYTES):
            yield batch
            batch, writes, size = [], 0, 0
        batch.append((item, more))
        writes += len(more)
        size += weight
    if batch:
        yield batch


def until_undisturbed() -> AsyncIterator[stamina.Attempt]:
    """Yields attempts at what others may disturb, with growing random pauses between them.

    The last error is raised.
    """
    return aiter(
        stamina.retry_context(
            on=LedgerConflict,
            attempts=_MOST_TRIES,
            timeout=None,
            wait_initial=0.02,
            wait_max=1.0,
            wait_jitter=0.1,
        )
    )


def _weight(write: Write) -> int:
    return len(json.dumps(dict(write.row), default=str))
