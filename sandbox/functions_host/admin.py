"""The host's own endpoints below ``/admin``: how it is, invocations by hand, drain."""

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.functions_host.dispatcher import Dispatcher
from sandbox.functions_host.keys import Keys
from sandbox.functions_host.listener import Listener
from sandbox.functions_host.requests import given_key
from sandbox.functions_host.timer_gate import TimerGate

_log = logging.getLogger(__name__)

_TIMERS_END_WITHIN_SECONDS = 60


class AdminApi:
    """Answers whoever has the master key; a ping needs none."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        keys: Keys,
        functions: Mapping[str, Listener | None],
        draining: asyncio.Event,
        timers: TimerGate,
    ) -> None:
        """Prepare to answer.

        Args:
            dispatcher: Knows what runs.
            keys: The master key is among them.
            functions: The functions by their names in lower case, with what listens for them; an
                HTTP function has nothing.
            draining: Set to stop the listeners, without stopping the host.
            timers: Holds them while the sandbox's clock moves; Azure's host has no such thing.
        """
        self._dispatcher = dispatcher
        self._keys = keys
        self._functions = functions
        self._draining = draining
        self._timers = timers
        self._started = time.monotonic()
        self._by_hand: set[asyncio.Task[None]] = set()

    async def answer(self, request: Request, path: str) -> Response:
        """Answer one request."""
        match request.method, path.lower().strip("/").split("/"):
            case "GET" | "HEAD" | "POST", ["admin", "host", "ping"]:
                return Response()
            case method, ["admin", *rest]:
                if not await self._keys.allow("admin", given_key(request)):
                    return Response(status_code=401)
                return await self._answer_master(request, method, rest)
        return Response(status_code=404)

    async def _answer_master(self, request: Request, method: str, path: list[str]) -> Response:
        match method, path:
            case "GET", ["host", "status"]:
                uptime = int((time.monotonic() - self._started) * 1000)
                return JSONResponse({"state": "Running", "processUptime": uptime})
            case "POST", ["host", "drain"]:
                self._draining.set()
                return Response(status_code=202)
            case "GET", ["host", "drain", "status"]:
                return JSONResponse(self._drain_status())
            case "POST", ["functions", name]:
                return await self._invoke_by_hand(request, name)
            case "POST", ["sandbox", "timers"]:
                return await self._hold_timers(request)
        return Response(status_code=404)

    def _drain_status(self) -> dict[str, Any]:
        running = len(self._dispatcher.running)
        state = "InProgress" if running else "Completed"
        return {
            "state": state if self._draining.is_set() else "Disabled",
            "outstandingInvocations": running,
            "outstandingRetries": 0,
        }

    async def _hold_timers(self, request: Request) -> Response:
        """Answer ``{"held": true}`` once no timer runs; see `TimerGate`."""
        match json.loads(await request.body() or "null"):
            case {"held": True}:
                try:
                    await self._timers.hold(_TIMERS_END_WITHIN_SECONDS)
                except TimeoutError:
                    return JSONResponse({"error": "a timer's function does not end"}, 503)
            case {"held": False}:
                self._timers.release()
            case _:
                return JSONResponse({"error": 'expected {"held": true or false}'}, 400)
        return Response(status_code=204)

    async def _invoke_by_hand(self, request: Request, name: str) -> Response:
        if name not in self._functions:
            return Response(status_code=404)
        try:
            text = _input(json.loads(await request.body()))
        except ValueError:
            return Response(status_code=400)
        task = asyncio.create_task(_invoke(name, self._functions[name], text))
        self._by_hand.add(task)
        task.add_done_callback(self._by_hand.discard)
        return Response(status_code=202)


async def _invoke(name: str, listener: Listener | None, text: str | None) -> None:
    """Invoke a function; whoever asked has gone, so the log alone hears of a failure."""
    try:
        if listener is None:
            raise ValueError("an HttpRequest is required")  # noqa: TRY301 - as of a listener
        await listener.invoke_by_hand(text)
    except ValueError as error:
        _log.error("function=%s was not invoked by hand: %s", name, error)


def _input(body: Any) -> str | None:
    """Read ``{"input": "…"}``; the input may be missing."""
    if not isinstance(body, dict):
        raise ValueError("expected an object")  # noqa: TRY004 - as unreadable as no JSON
    match body.get("input"):
        case None:
            return None
        case str() as text:
            return text
        case bool() | int() | float() as value:
            return json.dumps(value)
    raise ValueError("expected a text")
