"""What this host honours of ``host.json``, with Azure's defaults."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from sandbox.functions_host.schedule import parse_time_span
from sandbox.functions_host.settings import SettingsError, read_json

_NOT_HONOURED = {
    "clientRetryOptions": {},
    "autoCompleteMessages": True,
}
"""Of the Service Bus extension, with the values that come to the same as their absence."""


@dataclass(frozen=True, slots=True)
class HostOptions:
    """The options.

    Attributes:
        route_prefix: What HTTP routes start with; may be empty.
        max_message_batch_size: Most messages handed to one Service Bus batch invocation.
        min_message_batch_size: How many it waits for, though not for ever; 1 waits for none.
        max_batch_wait_seconds: How long it waits for them, from the first.
        max_concurrent_calls: Most single-message Service Bus invocations at once, per function.
        max_auto_lock_renewal_seconds: How long the lock of a single message is kept alive.
        prefetch_count: Messages that are fetched, and locked, before they are wanted.
        function_timeout_seconds: How long a function may take; None is for ever.
        timer_lease_seconds: How long a timer's lease lasts that nobody renews.
        not_honoured: Options that are there and make no difference here.
    """

    route_prefix: str
    max_message_batch_size: int
    min_message_batch_size: int
    max_batch_wait_seconds: float
    max_concurrent_calls: int
    max_auto_lock_renewal_seconds: float
    prefetch_count: int
    function_timeout_seconds: float | None
    timer_lease_seconds: float
    not_honoured: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a ``host.json``.

        Raises:
            SettingsError: For a missing or broken file or option, or another version than 2.0.
        """
        document = read_json(path)
        if document.get("version") != "2.0":
            raise SettingsError(f'{path}: version: expected "2.0", got {document.get("version")!r}')
        extensions = document.get("extensions", {})
        bus = extensions.get("serviceBus", {})
        concurrency = document.get("concurrency", {})
        return cls(
            route_prefix=extensions.get("http", {}).get("routePrefix", "api").strip("/"),
            max_message_batch_size=_count(bus, "maxMessageBatchSize", 1000),
            min_message_batch_size=_count(bus, "minMessageBatchSize", 1),
            max_batch_wait_seconds=_seconds(bus, "maxBatchWaitTime", "00:00:30"),
            max_concurrent_calls=_count(bus, "maxConcurrentCalls", 16 * (os.cpu_count() or 1)),
            max_auto_lock_renewal_seconds=_seconds(bus, "maxAutoLockRenewalDuration", "00:05:00"),
            prefetch_count=_count(bus, "prefetchCount", 0, least=0),
            function_timeout_seconds=_function_timeout(document),
            timer_lease_seconds=_seconds(
                document.get("singleton", {}), "listenerLockPeriod", "00:01:00"
            ),
            not_honoured=(
                *(name for name, usual in _NOT_HONOURED.items() if bus.get(name, usual) != usual),
                *(name for name in ("dynamicConcurrencyEnabled",) if concurrency.get(name)),
            ),
        )


def _function_timeout(document: Mapping[str, Any]) -> float | None:
    """Half an hour by default, as on every plan but the old Consumption, where it is 5 minutes."""
    if document.get("functionTimeout") == "-1":
        return None
    return _seconds(document, "functionTimeout", "00:30:00")


def _count(section: Mapping[str, Any], name: str, default: int, *, least: int = 1) -> int:
    value = section.get(name, default)
    if type(value) is not int or value < least:
        raise SettingsError(f"host.json: {name}: expected a number from {least} up, got {value!r}")
    return value


def _seconds(section: Mapping[str, Any], name: str, default: str) -> float:
    value = section.get(name, default)
    span = parse_time_span(value) if isinstance(value, str) else None
    if span is None:
        raise SettingsError(f"host.json: {name}: expected hh:mm:ss, got {value!r}")
    return span.total_seconds()
