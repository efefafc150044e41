"""An HTTP request to a function and back: what the runtime is given, what its answer means."""

from http.cookies import SimpleCookie
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.functions_host.protocol import PROTOS, Message, TypedData

_SAME_SITE = {
    PROTOS.RpcHttpCookie.SameSite.Lax: "Lax",
    PROTOS.RpcHttpCookie.SameSite.Strict: "Strict",
    PROTOS.RpcHttpCookie.SameSite.ExplicitNone: "None",
}


class TooLargeError(Exception):
    """The body is larger than the app's host takes."""


async def to_runtime(
    request: Request, route_parameters: dict[str, str], largest_body: int
) -> TypedData:
    """Build the trigger's value.

    As in Azure empty query parameters are left out, and so is a body whose length was not told
    beforehand: `ToRpcHttp` in GrpcMessageConversionExtensions.cs; azure-functions-host #4926.

    Raises:
        TooLargeError: For a body of more bytes than the largest.
    """
    body = await _body(request, largest_body)
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    query: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        query.setdefault(name, []).append(value)
    return TypedData(
        http=Message(
            method=request.method,
            url=_url(request),
            headers=headers,
            params=route_parameters,
            query={name: ",".join(values) for name, values in query.items() if any(values)},
            body=TypedData(bytes=body) if body else TypedData(),
        )
    )


def to_response(value: TypedData | None) -> Response:
    """Turn what a function returned to ``$return`` into a response; nothing at all is a 500."""
    if value is None:
        return Response(status_code=500)
    if value.WhichOneof("data") != "http":
        return Response(value.string, media_type="text/plain")
    http = value.http
    response = Response(http.body.bytes, int(http.status_code), http.headers)
    for cookie in http.cookies or ():
        response.headers.append("set-cookie", _set_cookie(cookie))
    return response


async def _body(request: Request, largest: int) -> bytes:
    length = int(request.headers.get("content-length") or 0)
    if length > largest:
        raise TooLargeError
    return await request.body() if length else b""


def _url(request: Request) -> str:
    """Spell the address as it was sent; Starlette would decode the path."""
    query = f"?{request.url.query}" if request.url.query else ""
    path = request.scope["raw_path"].decode("ascii")
    return f"{request.url.scheme}://{request.url.netloc}{path}{query}"


def _set_cookie(cookie: Any) -> str:
    jar: SimpleCookie = SimpleCookie({cookie.name: cookie.value})
    morsel = jar[cookie.name]
    for attribute in ("domain", "path", "secure"):
        optional = getattr(cookie, attribute)
        morsel[attribute] = optional.value if optional else ""
    morsel["httponly"] = cookie.http_only.value if cookie.http_only else ""
    morsel["max-age"] = int(cookie.max_age.value) if cookie.max_age else ""
    morsel["samesite"] = _SAME_SITE.get(cookie.same_site, "")
    return morsel.OutputString()
