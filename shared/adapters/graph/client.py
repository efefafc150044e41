"""The client: one request to Graph through the SDK's adapter, JSON in and plain values out."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import stamina

from shared.adapters.graph.failure import GraphFailure, NoToken, seconds_to_wait
from shared.domain.addresses import is_safe_for_tokens
from shared.domain.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx
    from azure.core.credentials_async import AsyncTokenCredential
    from kiota_abstractions.api_error import APIError
    from kiota_abstractions.request_information import RequestInformation

GLOBAL_GRAPH = "https://graph.microsoft.com/v1.0"
_GLOBAL_SCOPE = "https://graph.microsoft.com/.default"
_REPORTS = ("/reports/", "/auditLogs/")
_ATTEMPTS = 4
_REQUEST_SECONDS = 30.0
"""The SDK's own time-out of 100 s would let one request outlive half a message lock."""


@dataclass(frozen=True, slots=True)
class _Connection:
    """What belongs to one event loop."""

    adapter: Any
    """A `GraphRequestAdapter` in all but name; its package publishes no types."""
    transport: "httpx.AsyncHTTPTransport"
    """Closed by hand: the SDK wraps it, and its wrapper does not hand the closing on."""
    credential: "AsyncTokenCredential"
    error_map: dict[str, Any]
    report_turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    write_turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class GraphClient:
    """Sends requests; connects when first used, anew for every event loop.

    All methods raise `GraphFailure` when Graph refuses or does not answer.
    """

    def __init__(
        self, credential: Callable[[], "AsyncTokenCredential"], *, base_url: str = GLOBAL_GRAPH
    ) -> None:
        """Takes note of where Graph is and who asks.

        Args:
            credential: makes the credential; it is called once for every event loop, and what
                it makes is closed with the client.
            base_url: with the version; plain http for this machine only.

        Raises:
            ConfigurationError: `base_url` would send tokens in the clear, or is no URL at all.
        """
        parts = urlsplit(base_url)
        host = parts.hostname
        if not host or not is_safe_for_tokens(base_url):
            raise ConfigurationError(f"Graph's base URL: not https://HOST/VERSION: {base_url}")
        self.base_url = base_url.rstrip("/")
        self._host = host
        self._scope = f"https://{host}/.default" if parts.scheme == "https" else _GLOBAL_SCOPE
        self._credential = credential
        self._connections: WeakKeyDictionary[asyncio.AbstractEventLoop, _Connection] = (
            WeakKeyDictionary()
        )

    async def get(self, path: str) -> dict[str, Any]:
        """Sends a GET for what stands under `path`, which begins with a slash."""
        return await self._send("GET", path, None)

    async def post(self, path: str, body: Any) -> dict[str, Any]:
        """Sends a POST with `body` as JSON."""
        return await self._send("POST", path, json.dumps(body).encode())

    async def read_page(self, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """Sends a GET for one page of a list; pages of reports wait for each other."""
        async with self._turn(path):
            return await self._send("GET", path, None, headers)

    def write_turn(self) -> AbstractAsyncContextManager[Any]:
        """Makes writers wait for each other: what is changed is one group."""
        return self._connection().write_turn

    def next_path(self, page: Mapping[str, Any]) -> str | None:
        """Returns the path at which the list goes on after `page`; None at its end.

        Raises:
            GraphFailure: the link leads to another service; it gets neither token nor question.
        """
        return self._path_of(page.get("@odata.nextLink"))

    def delta_path(self, page: Mapping[str, Any]) -> str | None:
        """Returns the path at which later changes are told; None before the last page.

        Raises:
            GraphFailure: as `next_path` does.
        """
        return self._path_of(page.get("@odata.deltaLink"))

    def _path_of(self, link: str | None) -> str | None:
        if link is not None and not link.startswith(f"{self.base_url}/"):
            raise GraphFailure(f"a next page at {urlsplit(link).hostname} instead of {self._host}")
        return link.removeprefix(self.base_url) if link else None

    async def aclose(self) -> None:
        """Closes what the running event loop has opened; the client can be used again."""
        connection = self._connections.pop(asyncio.get_running_loop(), None)
        if connection:
            await connection.transport.aclose()
            await connection.credential.close()

    def _turn(self, path: str) -> AbstractAsyncContextManager[Any]:
        """Makes reports wait for each other: 5 requests in 10 s are too few to race for.

        Racers are told to wait at the same time, and come back at the same time, until the SDK
        gives one of them up.
        """
        return self._connection().report_turn if path.startswith(_REPORTS) else nullcontext()

    async def _send(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        # Not the decorator: stamina logs a decorated function's arguments, and these have names.
        async for attempt in stamina.retry_context(
            on=_is_transient, attempts=_ATTEMPTS, timeout=None, wait_initial=0.2
        ):
            with attempt:
                return await self._send_once(method, path, body, headers or {})
        raise AssertionError("a retry context returns or raises")

    async def _send_once(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        import httpx
        from azure.core.exceptions import AzureError
        from kiota_abstractions.api_error import APIError

        connection = self._connection()
        request = _request(method, self.base_url + path, body, headers)
        try:
            content = await connection.adapter.send_primitive_async(
                request, "bytes", connection.error_map
            )
            return _decoded(content)
        except APIError as error:
            # Not chained: the original's text may name a person.
            raise _failure_of(error) from None
        except AzureError as error:
            raise NoToken(f"no token for Graph: {type(error).__name__}") from error
        except httpx.TransportError as error:
            problem = f"Graph could not be reached: {type(error).__name__}"
            raise GraphFailure(problem, transient=True) from error

    def _connection(self) -> _Connection:
        loop = asyncio.get_running_loop()
        connection = self._connections.get(loop)
        if connection is None:
            connection = self._connections[loop] = self._connect()
        return connection

    def _connect(self) -> _Connection:
        import httpx
        from kiota_authentication_azure.azure_identity_authentication_provider import (
            AzureIdentityAuthenticationProvider,
        )
        from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
        from msgraph.generated.models.o_data_errors.o_data_error import ODataError
        from msgraph_core import (  # type: ignore[import-untyped]  # it publishes no types
            BaseGraphRequestAdapter,
            GraphClientFactory,
        )

        credential = self._credential()
        transport = httpx.AsyncHTTPTransport(http2=True)
        http = GraphClientFactory.create_with_default_middleware(
            client=httpx.AsyncClient(transport=transport, timeout=_REQUEST_SECONDS)
        )
        authentication = AzureIdentityAuthenticationProvider(
            credential, scopes=[self._scope], allowed_hosts=[self._host]
        )
        adapter = BaseGraphRequestAdapter(authentication, JsonParseNodeFactory(), http_client=http)
        return _Connection(adapter, transport, credential, {"XXX": ODataError})


def _is_transient(error: Exception) -> bool:
    return isinstance(error, GraphFailure) and error.transient


def _request(
    method: str, url: str, body: bytes | None, headers: Mapping[str, str]
) -> "RequestInformation":
    # By hand: the SDK's request builders know no $batch, and most of what is sent is one.
    from kiota_abstractions.method import Method
    from kiota_abstractions.request_information import RequestInformation

    request = RequestInformation(Method(method))
    request.url = url
    for name, value in {"Accept": "application/json", **headers}.items():
        request.headers.try_add(name, value)
    if body is not None:
        request.set_stream_content(body, "application/json")
    return request


def _decoded(content: Any) -> dict[str, Any]:
    try:
        value = json.loads(content) if content else {}
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise GraphFailure("Graph's answer is not a JSON object")
    return value


def _failure_of(error: "APIError") -> GraphFailure:
    details = getattr(error, "error", None)
    headers = error.response_headers or {}
    return GraphFailure.of_status(
        error.response_status_code,
        details.code if details else None,
        headers.get("request-id"),
        seconds_to_wait(headers.get("retry-after")),
    )
