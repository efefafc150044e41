"""What has been asked of Graph: for benchmarks, and for tests of least privilege."""

from collections import Counter
from typing import Any

from sandbox.tenant.quotas import Cost


class Recorder:
    """Counts since the start, or since `reset`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again from nothing."""
        self._http_requests = 0
        self._operations: Counter[str] = Counter()
        self._statuses: Counter[int] = Counter()
        self._batch_items = 0
        self._units = 0
        self._writes = 0

    def http_request(self) -> None:
        """An HTTP request has come in."""
        self._http_requests += 1

    def operation(self, name: str, status: int, *, in_batch: bool) -> None:
        """An operation, like "GET /users/{user-id}", has been answered."""
        self._operations[name] += 1
        self._statuses[status] += 1
        self._batch_items += in_batch

    def charged(self, cost: Cost) -> None:
        """Quota has been used."""
        self._units += cost.units
        self._writes += cost.writes

    def described(self) -> dict[str, Any]:
        """The counts under their names on the wire."""
        return {
            "httpRequests": self._http_requests,
            "batchItems": self._batch_items,
            "resourceUnits": self._units,
            "writes": self._writes,
            "operations": dict(self._operations.most_common()),
            "statuses": {str(status): count for status, count in sorted(self._statuses.items())},
        }
