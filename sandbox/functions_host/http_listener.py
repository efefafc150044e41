"""The HTTP side of the host: functions under the route prefix, and ``/admin``."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.functions_host import http_trigger
from sandbox.functions_host.admin import AdminApi
from sandbox.functions_host.dispatcher import Dispatcher
from sandbox.functions_host.function import Function
from sandbox.functions_host.grace import HTTP_GRACE_SECONDS
from sandbox.functions_host.keys import Keys
from sandbox.functions_host.requests import given_key
from sandbox.functions_host.routes import Route
from sandbox.functions_host.storage import StorageUnavailableError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A function at its route; no methods means all of them.

    Attributes:
        disabled: Only the master key opens it, to whoever has another one it is not there.
    """

    route: Route
    methods: frozenset[str]
    level: str
    function: Function
    disabled: bool = False

    @classmethod
    def of(cls, function: Function, prefix: str, *, disabled: bool) -> Self:
        """Give an HTTP function its route.

        Raises:
            ValueError: For a route outside the grammar.
        """
        trigger = function.trigger
        return cls(
            Route.compile(f"{prefix}/{trigger.get('route') or function.name}"),
            frozenset(method.upper() for method in trigger.get("methods") or ()),
            (trigger.get("authLevel") or "function").lower(),
            function,
            disabled,
        )


class HttpApi:
    """The ASGI application. Keys are checked always, as in Azure and unlike a sleeping ``func``."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        served: Sequence[Endpoint],
        keys: Keys,
        admin: AdminApi,
        largest_body: int,
    ) -> None:
        """Prepare to answer.

        Args:
            dispatcher: What runs the functions.
            served: The endpoints, in any order: of those that match, the one whose function's name
                comes first in the alphabet answers, as in Azure, and not the more specific route.
            keys: What opens them.
            admin: Answers what is below ``/admin/``.
            largest_body: Bytes that a request's body may have.
        """
        self._dispatcher = dispatcher
        self._endpoints = sorted(served, key=lambda endpoint: endpoint.function.name.upper())
        self._keys = keys
        self._admin = admin
        self._largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        path = scope["raw_path"].decode("ascii")
        answer = self._admin.answer if path.lower().startswith("/admin/") else self._function
        try:
            response = await answer(request, path)
        except StorageUnavailableError as error:
            _log.error("cannot look up a key: %s", error)
            response = Response(status_code=500)
        await response(scope, receive, send)

    async def _function(self, request: Request, path: str) -> Response:
        for endpoint in self._endpoints:
            parameters = endpoint.route.match(path)
            if parameters is not None and request.method in (endpoint.methods or {request.method}):
                refused = await self._refuse(request, endpoint)
                return refused or await self._invoke(request, endpoint, parameters)
        return Response(status_code=404)

    async def _refuse(self, request: Request, endpoint: Endpoint) -> Response | None:
        key = given_key(request)
        if endpoint.disabled and not await self._keys.opens_everything(key):
            return Response(status_code=404)
        if not await self._keys.allow(endpoint.level, key, endpoint.function.name):
            return Response(status_code=401)
        return None

    async def _invoke(
        self, request: Request, endpoint: Endpoint, parameters: dict[str, str]
    ) -> Response:
        try:
            data = await http_trigger.to_runtime(request, parameters, self._largest_body)
        except http_trigger.TooLargeError:
            _log.error("function=%s: the request body is too large", endpoint.function.name)
            return Response(status_code=500)
        outcome = await self._dispatcher.invoke(endpoint.function, data, {})
        return http_trigger.to_response(outcome.value) if outcome.succeeded else Response("", 500)


class HttpServer(uvicorn.Server):
    """Serves the API on a socket that is already bound, until told to stop.

    Attributes:
        port: Where it listens.
        started_serving: Set once requests are answered.
    """

    def __init__(self, api: HttpApi, bound: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                api,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=HTTP_GRACE_SECONDS,
            )
        )
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
        """Serve; after the stop, take no more requests and let running ones end."""
        serving = asyncio.create_task(self.serve(sockets=[self._bound]))
        await stop.wait()
        self.should_exit = True
        await serving
