"""The app's process: ``python -m sandbox.functions_host.worker``, started by the host alone.

It loads the app by the production runtime and runs what the host asks for. As in Azure it is a
process of its own, so that its death takes every running invocation with it and leaves the host.
When the host dies it is an orphan that goes on with what it has begun; in Azure for as long as it
likes, here for a minute at the most.
"""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from threading import Thread

from sandbox.clock import Clock
from sandbox.functions_host import logs
from sandbox.functions_host.channel import Channel, Finished, Invocation, Loaded
from sandbox.functions_host.runtime import IndexingError, Runtime, current_invocation

LONGEST_ORPHAN_SECONDS = 60


def main() -> None:
    """Serve the host that started this process, until it ends."""
    parser = argparse.ArgumentParser(prog="sandbox.functions_host.worker", description=__doc__)
    parser.add_argument("--app", type=Path, required=True, help="folder with function_app.py")
    parser.add_argument("--channel", type=int, required=True, help="descriptor of the socket")
    parser.add_argument("--clock", type=Path, help="file that moves the app's time")
    arguments = parser.parse_args()
    # To stop is the host's business, also where a terminal tells every process of its group.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    logs.to_standard_error(current_invocation)
    Thread(target=_end_after_the_host, daemon=True).start()
    os.chdir(arguments.app)
    asyncio.run(_serve(arguments.app, arguments.clock, socket.socket(fileno=arguments.channel)))


async def _serve(app: Path, clock: Path | None, connected: socket.socket) -> None:
    channel = await Channel.over(connected)
    try:
        runtime = await Runtime.load(app)
    except IndexingError as error:
        await channel.send(Loaded(problem=str(error)))
        return
    if clock:
        _hand_over(Clock(clock))
    await channel.send(Loaded(runtime.functions))
    await _run_invocations(runtime, channel)


def _hand_over(clock: Clock) -> None:
    """Have the app read this clock, in the one place where it reads any."""
    # Found only now that the app's folder is on the path.
    from shared.bootstrap import App

    App.now = clock.now  # type: ignore[method-assign]  # a bound method needs no staticmethod


async def _run_invocations(runtime: Runtime, channel: Channel) -> None:
    running: set[asyncio.Task[None]] = set()
    try:
        while True:
            task = asyncio.create_task(_run(runtime, channel, await channel.receive()))
            running.add(task)
            task.add_done_callback(running.discard)
    except EOFError:
        await asyncio.gather(*running, return_exceptions=True)


async def _run(runtime: Runtime, channel: Channel, asked: Invocation) -> None:
    function = next(one for one in runtime.functions if one.name == asked.function)
    outcome = await runtime.invoke(asked.id, function, asked.data, asked.metadata)
    await channel.send(Finished(asked.id, outcome))


def _end_after_the_host() -> None:
    """End even where a function never does: nothing of a sandbox may stay for ever."""
    # The host writes nothing there; the kernel closes it when the host ends in whatever way.
    sys.stdin.buffer.read()
    time.sleep(LONGEST_ORPHAN_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
    # The interpreter would wait for threads of functions that do not return, and complain of the
    # clients that an app keeps for its whole life.
    logging.shutdown()
    os._exit(0)
