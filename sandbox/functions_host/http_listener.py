"""The HTTP side of the host: functions under the route prefix, and ``/admin``."""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.functions_host import http_trigger
from sandbox.functions_host.keys import HostKeys
from sandbox.functions_host.listener import Listener
from sandbox.functions_host.routes import Route
from sandbox.functions_host.runtime import Function, Runtime
from sandbox.functions_host.timer_gate import TimerGate

_TIMERS_END_WITHIN_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A function at its route; no methods means all of them."""

    route: Route
    methods: frozenset[str]
    level: str
    function: Function


def endpoints(functions: Sequence[Function], prefix: str) -> list[Endpoint]:
    """Give every HTTP function its route, most specific first."""
    found = []
    for function in functions:
        trigger = function.trigger
        if trigger["type"] == "httpTrigger":
            route = Route.compile(f"{prefix}/{trigger.get('route') or function.name}")
            methods = frozenset(method.upper() for method in trigger.get("methods") or ())
            level = (trigger.get("authLevel") or "function").lower()
            found.append(Endpoint(route, methods, level, function))
    return sorted(found, key=lambda endpoint: endpoint.route.rank)


class HttpApi:
    """The ASGI application. Keys are checked always, as in Azure and unlike a sleeping ``func``."""

    def __init__(
        self,
        runtime: Runtime,
        served: Sequence[Endpoint],
        keys: HostKeys,
        by_hand: Mapping[str, Listener],
        timers: TimerGate,
    ) -> None:
        self._runtime = runtime
        self._endpoints = served
        self._keys = keys
        self._by_hand = by_hand
        self._timers = timers
        self._started = time.monotonic()
        self._manual: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        path = scope["raw_path"].decode("ascii")
        answer = self._admin if path.lower().startswith("/admin/") else self._function
        response = await answer(request, path)
        await response(scope, receive, send)

    async def drain(self) -> None:
        """Wait for the functions that were started by hand."""
        await asyncio.gather(*self._manual)

    async def _function(self, request: Request, path: str) -> Response:
        for endpoint in self._endpoints:
            parameters = endpoint.route.match(path)
            if parameters is None or (endpoint.methods and request.method not in endpoint.methods):
                continue
            if not self._allowed(request, endpoint.level):
                return Response(status_code=401)
            data = await http_trigger.to_runtime(request, parameters)
            outcome = await self._runtime.invoke(endpoint.function, data, {})
            return (
                http_trigger.to_response(outcome.value) if outcome.succeeded else Response("", 500)
            )
        return Response(status_code=404)

    async def _admin(self, request: Request, path: str) -> Response:
        match request.method, path.lower().strip("/").split("/"):
            case "GET" | "HEAD" | "POST", ["admin", "host", "ping"]:
                return Response()
            case "GET", ["admin", "host", "status"] if self._allowed(request, "admin"):
                uptime = int((time.monotonic() - self._started) * 1000)
                return JSONResponse({"state": "Running", "processUptime": uptime})
            case "POST", ["admin", "functions", name] if self._allowed(request, "admin"):
                return await self._invoke_by_hand(request, name)
            case "POST", ["admin", "sandbox", "timers"] if self._allowed(request, "admin"):
                return await self._hold_timers(request)
            case ("GET", ["admin", "host", "status"]) | (
                "POST",
                ["admin", "functions", _] | ["admin", "sandbox", "timers"],
            ):
                return Response(status_code=401)
        return Response(status_code=404)

    async def _invoke_by_hand(self, request: Request, name: str) -> Response:
        listener = self._by_hand.get(name)
        if listener is None:
            return JSONResponse({"error": f"no function {name!r} with a queue or a timer"}, 404)
        try:
            body: Any = json.loads(await request.body())
            text = body["input"]
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": 'expected a JSON object {"input": "…"}'}, 400)
        task = asyncio.create_task(
            listener.invoke_by_hand(text if isinstance(text, str) else json.dumps(text))
        )
        self._manual.add(task)
        task.add_done_callback(self._manual.discard)
        return Response(status_code=202)

    async def _hold_timers(self, request: Request) -> Response:
        """The sandbox's own: ``{"held": true}`` answers once no timer runs; see `TimerGate`."""
        match await request.json():
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

    def _allowed(self, request: Request, level: str) -> bool:
        key = request.headers.get("x-functions-key") or request.query_params.get("code", "")
        return self._keys.allow(level, key)


class HttpServer(uvicorn.Server):
    """Serves the API on a socket that is already bound, until told to stop.

    Attributes:
        port: Where it listens.
        started_serving: Set once requests are answered.
    """

    def __init__(self, api: HttpApi, bound: socket.socket, grace_seconds: int) -> None:
        super().__init__(
            uvicorn.Config(
                api,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=grace_seconds,
            )
        )
        self._api = api
        self._bound = bound
        self.port: int = bound.getsockname()[1]
        self.started_serving = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the host."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start serving, and say so."""
        await super().startup(sockets)
        self.started_serving.set()

    async def run(self, stop: asyncio.Event) -> None:  # type: ignore[override]  # uvicorn's own is for scripts
        """Serve; after the stop, let running requests and functions started by hand finish."""
        serving = asyncio.create_task(self.serve(sockets=[self._bound]))
        await stop.wait()
        self.should_exit = True
        await serving
        await self._api.drain()
