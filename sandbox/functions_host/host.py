"""The host as a whole: start the app's process, listen for its functions, serve until the end."""

import asyncio
import json
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from sandbox.clock import Clock
from sandbox.functions_host.admin import AdminApi
from sandbox.functions_host.dispatcher import Dispatcher
from sandbox.functions_host.function import Function
from sandbox.functions_host.host_options import HostOptions
from sandbox.functions_host.http_listener import Endpoint, HttpApi, HttpServer
from sandbox.functions_host.keys import Keys
from sandbox.functions_host.lease import Lease
from sandbox.functions_host.lifetime import Lifetime
from sandbox.functions_host.listener import Listener
from sandbox.functions_host.settings import AppSettings
from sandbox.functions_host.storage import Storage, StorageUnavailableError
from sandbox.functions_host.timer_gate import TimerGate
from sandbox.functions_host.timer_listener import TimerListener
from sandbox.functions_host.worker_process import WorkerEndedError

_log = logging.getLogger(__name__)

_LARGEST_BODY = 104_857_600


class HostError(Exception):
    """The app cannot be served; the message says what is wrong with it or its settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a host was told to start.

    Attributes:
        state: Folder for what must survive a restart: keys, leases, timer statuses.
        address: Where to listen for HTTP.
        port: The port, or 0 for a free one.
        strict: Refuse to start where Azure's host would run with less, or with nothing.
        expected: Functions without which a strict host does not start: an app may be there and
            have left out all that it is for.
        grace: Seconds that running functions have after SIGTERM.
        clock: What timers take the time from; the machine's clock where there is none.
        timer_lease: Seconds that a timer's lease lasts; None is what ``host.json`` says.
        storage_patience: Seconds after which a missing storage account is given up.
    """

    state: Path
    address: str
    port: int
    strict: bool
    expected: Sequence[str]
    grace: float
    clock: Clock | None
    timer_lease: float | None
    storage_patience: float


class Host:
    """Everything between the app's process and the outside."""

    def __init__(
        self, start: Start, settings: AppSettings, options: HostOptions, dispatcher: Dispatcher
    ) -> None:
        self._start = start
        self._settings = settings
        self._options = options
        self._dispatcher = dispatcher
        self._storage = Storage(settings, start.storage_patience)
        self._endpoints: list[Endpoint] = []
        self._listeners: list[Listener] = []
        self._by_hand: dict[str, Listener | None] = {}
        self._gate = TimerGate()

    async def serve(self, ready: TextIO) -> None:
        """Serve until SIGTERM or SIGINT.

        Args:
            ready: Gets the line ``{"http": PORT}`` once HTTP is served.

        Raises:
            HostError: When the app cannot be served, or its process has died too often.
        """
        await self._load()
        keys = Keys(
            self._start.state / "host-keys.json",
            [endpoint.function.name for endpoint in self._endpoints],
            self._storage,
        )
        await self._reach(keys)
        draining = asyncio.Event()
        admin = AdminApi(self._dispatcher, keys, self._by_hand, draining, self._gate)
        api = HttpApi(self._dispatcher, self._endpoints, keys, admin, _largest_body(self._settings))
        try:
            bound = socket.create_server((self._start.address, self._start.port))
        except OSError as error:
            raise HostError(error) from error
        lifetime = Lifetime(
            self._dispatcher, HttpServer(api, bound), self._listeners, draining, self._start.grace
        )
        if not await lifetime.run(lambda port: _say_ready(ready, port)):
            raise HostError("the app's process has ended too often")

    async def _load(self) -> None:
        """Have the app indexed, and choose what of it can be served."""
        try:
            await self._dispatcher.start()
        except WorkerEndedError as error:
            raise HostError(error) from error
        if self._dispatcher.problem:
            self._complain(f"no function is served: {self._dispatcher.problem}")
        for option in self._options.not_honoured:
            self._complain(f"host.json: {option}: this host does not honour it")
        for function in self._dispatcher.functions:
            try:
                self._take(function)
            except ValueError as error:
                self._complain(f"function {function.name} is left out: {error}")
        for name in self._start.expected:
            if name.lower() not in self._by_hand:
                self._complain(f"function {name} is expected, and the app has none of that name")
        _log.info("serving functions=%s", ",".join(self._by_hand))

    def _take(self, function: Function) -> None:
        """Serve a function.

        Raises:
            ValueError: When a binding of it is wrong, or not part of this host.
        """
        if foreign := function.foreign_bindings():
            raise ValueError(f"this host has no {', '.join(foreign)} binding")
        disabled = self._settings.is_on(f"AzureWebJobs.{function.name}.Disabled")
        listener: Listener | None = None
        match function.trigger["type"]:
            case "timerTrigger":
                listener = self._timer(function)
            case "serviceBusTrigger":
                listener = self._service_bus(function)
            case _:
                prefix = self._options.route_prefix
                self._endpoints.append(Endpoint.of(function, prefix, disabled=disabled))
        self._by_hand[function.name.lower()] = listener
        if listener and not disabled:
            self._listeners.append(listener)

    def _timer(self, function: Function) -> TimerListener:
        folder = self._start.state / "timers"
        seconds = self._start.timer_lease or self._options.timer_lease_seconds
        lease = Lease(folder / f"{function.name}.lease", seconds, self._storage)
        now = self._start.clock.now if self._start.clock else _machine_time
        return TimerListener(
            self._dispatcher, function, self._settings, folder, lease, now=now, gate=self._gate
        )

    def _service_bus(self, function: Function) -> Listener:
        from sandbox.functions_host import amqp_types
        from sandbox.functions_host.service_bus_listener import ServiceBusListener

        amqp_types.install()
        return ServiceBusListener(self._dispatcher, function, self._settings, self._options)

    async def _reach(self, keys: Keys) -> None:
        """Reach storage and queues; where they cannot be, only a strict host minds."""
        try:
            await keys.load()
        except StorageUnavailableError as error:
            self._complain(str(error))
        if self._start.strict:
            try:
                await asyncio.gather(*(listener.start() for listener in self._listeners))
            except (OSError, ValueError) as error:
                raise HostError(error) from error

    def _complain(self, problem: str) -> None:
        if self._start.strict:
            raise HostError(problem)
        _log.error("%s", problem)


def _machine_time() -> datetime:
    return datetime.now(UTC)


def _largest_body(settings: AppSettings) -> int:
    """As Azure's host: what is not a number is no limit of the app's."""
    given = settings.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT") or ""
    return int(given) if given.isdecimal() else _LARGEST_BODY


def _say_ready(ready: TextIO, port: int) -> None:
    print(json.dumps({"http": port}), file=ready, flush=True)
