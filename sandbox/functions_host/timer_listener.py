"""Timer triggers: one host at a time, past-due once at start, advancing after failures."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

from sandbox.functions_host.dispatcher import Dispatcher
from sandbox.functions_host.function import Function
from sandbox.functions_host.lease import Lease
from sandbox.functions_host.protocol import TypedData
from sandbox.functions_host.schedule import Schedule, ScheduleStatus, StatusFile
from sandbox.functions_host.settings import AppSettings
from sandbox.functions_host.timer_gate import TimerGate

_log = logging.getLogger(__name__)

_LONGEST_SLEEP_SECONDS = 1
"""The clock may have been moved meanwhile."""


class TimerListener:
    """Runs one timer function on its schedule, never twice at a time."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        function: Function,
        settings: AppSettings,
        folder: Path,
        lease: Lease,
        *,
        now: Callable[[], datetime],
        gate: TimerGate,
    ) -> None:
        """Prepare a timer.

        Args:
            dispatcher: What runs the function.
            function: The timer function.
            settings: For a schedule given as ``%Name%``.
            folder: Where the status of the timer is kept.
            lease: What only one host has at a time.
            now: The time that the schedule goes by.
            gate: What every run passes through.

        Raises:
            ValueError: For a schedule that is neither NCRONTAB nor a time span.
        """
        self._dispatcher = dispatcher
        self.function = function
        self._now = now
        self._gate = gate
        self._schedule = Schedule(settings.resolve(function.trigger["schedule"]))
        self._run_on_startup = bool(function.trigger.get("runOnStartup"))
        monitored = function.trigger.get("useMonitor") is not False
        self._file = (
            StatusFile(folder / f"{function.name}.json")
            if monitored and not self._schedule.is_sub_minute(now())
            else None
        )
        self._lease = lease
        self._status = ScheduleStatus.initial(self._schedule, now())

    async def start(self) -> None:
        """Look whether a lease can be had; the clock is always there."""
        await self._lease.reach()

    async def run(self, stop: asyncio.Event) -> None:
        """Wait for the schedule and run, once this host is the only one that does."""
        async with self._sole_host(stop):
            if stop.is_set():
                return
            past_due = self._recall()
            if past_due or self._run_on_startup:
                await self._fire(past_due=past_due)
            while await self._is_due(stop):
                await self._fire(not_before=self._status.next)

    async def invoke_by_hand(self, text: str | None) -> None:  # noqa: ARG002 - a timer has no input
        """Run the function outside of its schedule, which stays as it is."""
        async with self._gate.passage():
            await self._invoke(past_due=False)

    async def _is_due(self, stop: asyncio.Event) -> bool:
        """Wait for the next occurrence; False where the host stops before."""
        while (left := (self._status.next - self._now()).total_seconds()) > 0:
            if await _stopped_within(stop, min(left, _LONGEST_SLEEP_SECONDS)):
                return False
        return not stop.is_set()

    def _recall(self) -> bool:
        """Take up the remembered status; tell whether an occurrence was missed."""
        if self._file is None:
            return False
        now = self._now()
        remembered = self._file.read()
        if remembered is not None:
            self._status = remembered.reconciled(self._schedule, now)
        self._file.write(self._status)
        return now > self._status.next

    async def _fire(self, *, past_due: bool = False, not_before: datetime | None = None) -> None:
        async with self._gate.passage():
            # It may fire a moment early; counting from then would find the same occurrence again.
            ran = self._now() if not_before is None else max(self._now(), not_before)
            await self._invoke(past_due=past_due)
        self._status = self._status.after_run(self._schedule, ran)
        if self._file is not None:
            self._file.write(self._status)

    async def _invoke(self, *, past_due: bool) -> None:
        value = {
            "Schedule": {"AdjustForDST": not self._schedule.is_constant},
            "ScheduleStatus": self._status.to_json() if self._file else None,
            "IsPastDue": past_due,
        }
        await self._dispatcher.invoke(self.function, TypedData(json=json.dumps(value)), {})

    @asynccontextmanager
    async def _sole_host(self, stop: asyncio.Event) -> AsyncIterator[None]:
        while not self._lease.take():
            _log.info("timer function=%s runs in another host; waiting", self.function.name)
            if await _stopped_within(stop, self._lease.seconds):
                break
        keeping = asyncio.create_task(self._lease.keep())
        try:
            yield
        finally:
            keeping.cancel()
        # Not where it was cut off: then it runs out, as in Azure.
        self._lease.give_back()


async def _stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), max(seconds, 0))
    return stop.is_set()
