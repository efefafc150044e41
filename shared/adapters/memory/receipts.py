"""What became of every message: the part of the ledger that knows no people."""

from collections.abc import Iterable

from shared.adapters.memory.storage import Storage
from shared.ports.ledger import Receipt


class Receipts:
    """A refused message is one whose body is kept."""

    def __init__(self, storage: Storage) -> None:
        self._known = storage.receipts

    def record(self, receipts: Iterable[Receipt]) -> None:
        """Keeps receipts not there yet; a refusal gives way to what became of a later try."""
        for receipt in receipts:
            before = self._known.get(receipt.key)
            if before is None or (before.body is not None and receipt.body is None):
                self._known[receipt.key] = receipt

    def newest_refused(self, limit: int) -> list[Receipt]:
        """Returns up to `limit` refused messages, newest first."""
        by_key = sorted(self._refused(), key=lambda one: one.key)
        return sorted(by_key, key=lambda one: one.at, reverse=True)[:limit]

    def count_refused(self) -> int:
        """Counts the refused messages."""
        return len(self._refused())

    def _refused(self) -> list[Receipt]:
        return [one for one in self._known.values() if one.body is not None]
