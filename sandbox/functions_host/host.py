"""The host as a whole: load the app, start its listeners, serve until told to stop."""

import asyncio
import json
import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TextIO

from sandbox.clock import Clock
from sandbox.functions_host.http_listener import HttpApi, HttpServer, endpoints
from sandbox.functions_host.keys import HostKeys
from sandbox.functions_host.listener import Listener
from sandbox.functions_host.runtime import Function, IndexingError, Runtime
from sandbox.functions_host.settings import AppSettings, HostOptions, export, load_values
from sandbox.functions_host.timer_gate import TimerGate
from sandbox.functions_host.timer_listener import TimerListener

_log = logging.getLogger(__name__)

GRACE_SECONDS = 10


class HostError(Exception):
    """The app cannot be served; the message says what is wrong with it or its settings."""


async def serve(
    *,
    app: Path,
    settings: Path,
    state: Path,
    clock: Clock | None,
    address: str,
    port: int,
    ready: TextIO,
) -> None:
    """Serve an app until SIGTERM or SIGINT.

    Args:
        app: Folder with ``function_app.py`` and ``host.json``; becomes the working directory.
        settings: A ``local.settings.json``.
        state: Folder for what must survive a restart: keys and timer statuses; made if missing.
        clock: What the app and its timers are to take the time from; the machine's where there is
            none.
        address: Where to listen for HTTP.
        port: The port, or 0 for a free one.
        ready: Gets the line ``{"http": PORT}`` once every listener runs.

    Raises:
        HostError: When the app cannot be indexed or a listener cannot start.
    """
    try:
        values = load_values(settings)
        options = HostOptions.load(app / "host.json")
        export(values)
        os.chdir(app)
        runtime = await Runtime.load(app)
        if clock:
            _hand_over(clock)
        gate = TimerGate()
        timers = partial(
            TimerListener,
            settings=AppSettings(values),
            folder=_made(state / "timers"),
            now=clock.now if clock else _machine_time,
            gate=gate,
        )
        listeners = _listeners(runtime, AppSettings(values), options, timers)
        api = HttpApi(
            runtime,
            endpoints(runtime.functions, options.route_prefix),
            HostKeys.load(state / "host-keys.json"),
            {listener.function.name.lower(): listener for listener in listeners},
            gate,
        )
        bound = socket.create_server((address, port))
        await asyncio.gather(*(listener.start() for listener in listeners))
    except (IndexingError, ValueError, OSError) as error:
        raise HostError(error) from error
    _log.info("serving functions=%s", ",".join(function.name for function in runtime.functions))
    await _run_until_signal(HttpServer(api, bound, GRACE_SECONDS), listeners, ready)


def _hand_over(clock: Clock) -> None:
    """Have the app read this clock, in the one place where it reads any."""
    # Found only now that the app's folder is on the path.
    from shared.bootstrap import App

    App.now = clock.now  # type: ignore[method-assign]  # a bound method needs no staticmethod


def _machine_time() -> datetime:
    return datetime.now(UTC)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _listeners(
    runtime: Runtime,
    settings: AppSettings,
    options: HostOptions,
    timer: Callable[[Runtime, Function], TimerListener],
) -> list[Listener]:
    listeners: list[Listener] = []
    for function in runtime.functions:
        match function.trigger["type"]:
            case "timerTrigger":
                listeners.append(timer(runtime, function))
            case "serviceBusTrigger":
                from sandbox.functions_host.service_bus_listener import ServiceBusListener

                listeners.append(ServiceBusListener(runtime, function, settings, options))
    return listeners


async def _run_until_signal(
    server: HttpServer, listeners: Sequence[Listener], ready: TextIO
) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as group:
            group.create_task(server.run(stop))
            for listener in listeners:
                group.create_task(listener.run(stop))
            await server.started_serving.wait()
            print(json.dumps({"http": server.port}), file=ready, flush=True)
            await stop.wait()
            _log.info("stopping")
            limit.reschedule(loop.time() + GRACE_SECONDS)
    except TimeoutError:
        _log.warning("gave up on invocations that did not finish in %s s", GRACE_SECONDS)
