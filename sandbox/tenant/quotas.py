"""The documented quotas: resource units, writes and report requests, per app and tenant."""

import math
import time
from dataclasses import dataclass

from sandbox.tenant.errors import throttled

_REPORT_REQUESTS = (5, 10)
_ON_DEMAND_REQUESTS = (5, 10)
_WRITES = (3000, 150)
_UNITS_PER_10_SECONDS = ((50, 3500), (500, 5000))
_UNITS_IN_LARGE_TENANTS = 8000
_REPORTED_FROM = 0.8
"""The use of a quota from which on `x-ms-throttle-limit-percentage` is sent."""


@dataclass(frozen=True)
class Cost:
    """What an operation takes out of the quotas."""

    units: int = 1
    writes: int = 0
    reports: int = 0
    on_demand: int = 0
    """Requests for on-demand provisioning."""


@dataclass
class _Bucket:
    """A quota of `capacity` that fills itself again within `window` seconds."""

    capacity: float
    window: float
    used: float
    at: float

    def drain(self, now: float) -> None:
        self.used = max(0.0, self.used - (now - self.at) * self.capacity / self.window)
        self.at = now

    def wait(self, amount: int) -> float:
        return (self.used + amount - self.capacity) * self.window / self.capacity


class Quotas:
    """What every app has used. `factor` scales the documented numbers."""

    def __init__(self, users: int) -> None:
        self.enabled = True
        self.factor = 1.0
        self._users = users
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def configure(self, *, enabled: bool = True, factor: float = 1.0) -> None:
        """Switch or scale the quotas; everybody starts with full ones.

        Raises:
            ValueError: `factor` is not above 0.
        """
        if factor <= 0:
            raise ValueError(f"factor: not above 0: {factor}")
        self.enabled = enabled
        self.factor = factor
        self._buckets.clear()

    def charge(self, app_id: str, scope: str, cost: Cost) -> dict[str, str]:
        """Take an operation's cost; answers the headers that tell of it.

        Raises:
            GraphError: 429, when a quota does not hold that much; then nothing is taken.
        """
        headers = {"x-ms-resource-unit": str(cost.units)}
        if not self.enabled:
            return headers
        amounts = {
            "units": cost.units,
            "writes": cost.writes,
            "reports": cost.reports,
            "on demand": cost.on_demand,
        }
        buckets = {name: self._bucket(app_id, name) for name in amounts if amounts[name]}
        fullest = max(bucket.used / bucket.capacity for bucket in buckets.values())
        if fullest >= _REPORTED_FROM:
            headers["x-ms-throttle-limit-percentage"] = f"{min(fullest, 1.8):.1f}"
        for name, bucket in buckets.items():
            if (wait := bucket.wait(amounts[name])) > 0:
                headers["x-ms-throttle-scope"] = scope
                headers["x-ms-throttle-limit-percentage"] = f"{max(1.0, min(fullest, 1.8)):.1f}"
                raise throttled(max(1, math.ceil(wait)), headers)
        for name, bucket in buckets.items():
            bucket.used += amounts[name]
        return headers

    def _bucket(self, app_id: str, name: str) -> _Bucket:
        now = time.monotonic()
        bucket = self._buckets.get((app_id, name))
        if bucket is None:
            amount, window = self._limit(name)
            capacity = max(1.0, amount * self.factor)
            bucket = self._buckets[app_id, name] = _Bucket(capacity, window, 0.0, now)
        bucket.drain(now)
        return bucket

    def _limit(self, name: str) -> tuple[int, int]:
        if name == "writes":
            return _WRITES
        if name == "reports":
            return _REPORT_REQUESTS
        if name == "on demand":
            return _ON_DEMAND_REQUESTS
        for under, units in _UNITS_PER_10_SECONDS:
            if self._users < under:
                return units, 10
        return _UNITS_IN_LARGE_TENANTS, 10
