"""HTTP to one app by the standard library: a client library takes longer to import than to ask."""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi

PATIENCE = 30.0
"""Seconds for each step of a request: to connect, to send, to get the next piece of the answer."""


class NoAnswer(Exception):
    """There was no answer; nobody knows what became of the request."""


class NeverSent(NoAnswer):
    """There was no connection, so nothing became of the request."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever it is."""

    status: int
    location: str | None
    """Where it has moved to."""
    body: bytes

    @property
    def text(self) -> str:
        """The body; what is no UTF-8 in it is replaced."""
        return self.body.decode(errors="replace")


class Http:
    """One app at one address; the connection is kept from one request to the next."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self._url = urlsplit(url)
        self._headers = headers
        self._open: HTTPConnection | None = None

    def close(self) -> None:
        """Closes the connection."""
        if self._open:
            self._open.close()
        self._open = None

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        fresh: bool = False,
        patience: float = PATIENCE,
    ) -> Answer:
        """Sends a request to a path below the address, and reads the whole answer.

        Args:
            method: GET or POST.
            path: without a leading slash, with its query, percent-encoded.
            body: what is sent.
            headers: beside those of every request.
            fresh: on a new connection: a kept one may have been closed by the other side, and
                then nobody knows whether the request was heard.
            patience: seconds to wait for each piece of the answer.

        Raises:
            NeverSent: there was no connection.
            NoAnswer: there was one, and no whole answer.
        """
        if fresh:
            self.close()
        connection = self._connected()
        connection.sock.settimeout(patience)
        target = f"{self._url.path}/{path}"
        if isinstance(connection, _ByProxy):
            target = f"{self._url.scheme}://{self._url.netloc}{target}"
            headers = {**(headers or {}), **connection.signed}
        try:
            connection.request(method, target, body, {**self._headers, **(headers or {})})
            with connection.getresponse() as answer:
                return Answer(answer.status, answer.headers["location"], answer.read())
        except (OSError, HTTPException) as error:
            self.close()
            raise NoAnswer(_text(error)) from None

    def _connected(self) -> HTTPConnection:
        connection = self._open = self._open or _connection(self._url)
        if connection.sock is None:
            try:
                connection.connect()
            except (OSError, HTTPException) as error:
                self.close()
                raise NeverSent(_text(error)) from None
        return connection


class _ByProxy(HTTPConnection):
    """To a proxy that is asked for plain HTTP by the whole address."""

    def __init__(self, proxy: SplitResult) -> None:
        super().__init__(proxy.hostname or "", proxy.port or 80, timeout=PATIENCE)
        self.signed = _proxy_credentials(proxy)


def _connection(url: SplitResult) -> HTTPConnection:
    # Always with a port: without one the last group of an IPv6 address would be taken for it.
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    proxy = _proxy(url.scheme, host)
    if url.scheme != "https":
        return _ByProxy(proxy) if proxy else HTTPConnection(host, port, timeout=PATIENCE)
    if proxy is None:
        return HTTPSConnection(host, port, timeout=PATIENCE, context=_trust())
    at = proxy.hostname or "", proxy.port or 80
    connection = HTTPSConnection(*at, timeout=PATIENCE, context=_trust())
    connection.set_tunnel(host, port, _proxy_credentials(proxy))
    return connection


def _trust() -> ssl.SSLContext:
    """Makes a TLS context that trusts the system's certificates and Mozilla's.

    Some Pythons find none of the system's.
    """
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _proxy(scheme: str, host: str) -> SplitResult | None:
    """Returns the proxy that the system or the environment names for that host; None without."""
    known = getproxies()
    named = known.get(scheme) or known.get("all")
    if not named or proxy_bypass(host):
        return None
    return urlsplit(named if "://" in named else f"http://{named}")


def _proxy_credentials(proxy: SplitResult) -> dict[str, str]:
    if proxy.username is None:
        return {}
    said = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(said.encode()).decode()}"}


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
