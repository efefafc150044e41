"""Query options other than `$filter`: which fields, how many, and where the next page starts."""

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.tenant.errors import bad_request, malformed, unsupported_query
from sandbox.tenant.wire import GraphRequest, GraphResponse

DEFAULT_PAGE = 100
LARGEST_PAGE = 999
_NOT_OFFERED = ("$search", "$expand")


def selected(request: GraphRequest, known: Collection[str], kind: str) -> list[str] | None:
    """The fields that `$select` asks for; None when it does not ask.

    Raises:
        GraphError: 400, when a field is unknown.
    """
    text = request.query.get("$select")
    if not text:
        return None
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise malformed(
                f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
            )
    return names


def check_offered(request: GraphRequest) -> None:
    """Refuse the options that this tenant does not offer, instead of ignoring them."""
    for name in _NOT_OFFERED:
        if name in request.query:
            raise unsupported_query(f"{name} is not offered here.")


def context(request: GraphRequest, entity: str) -> dict[str, Any]:
    """The first line of an answer."""
    return {"@odata.context": f"{request.base_url}/$metadata#{entity}"}


def page[T](
    request: GraphRequest,
    entity: str,
    items: Iterable[T],
    *,
    key: Callable[[T], str],
    render: Callable[[T], dict[str, Any]],
) -> GraphResponse:
    """One page of `items` in the order of `key`, with a link to the next.

    The link remembers the last key, not a position: what comes and goes between two pages
    neither repeats nor hides anything else.

    Raises:
        GraphError: 400, when `$top` or `$skiptoken` is broken.
    """
    check_offered(request)
    size = page_size(request)
    ordered = sorted(items, key=key)
    token = request.query.get("$skiptoken")
    start = bisect_right(ordered, decode_token(token), key=key) if token else 0
    shown = ordered[start : start + size]
    body = context(request, entity)
    if request.advanced:
        body["@odata.count"] = len(ordered)
    if start + size < len(ordered):
        body["@odata.nextLink"] = link(request, {"$skiptoken": encode_token(key(shown[-1]))})
    body["value"] = [render(item) for item in shown]
    return GraphResponse(200, body)


def page_size(request: GraphRequest) -> int:
    """How many items a page has.

    Raises:
        GraphError: 400, when `$top` is not a number from 1 to 999.
    """
    text = request.query.get("$top")
    if text is None:
        return DEFAULT_PAGE
    if not text.isdigit() or not 1 <= int(text) <= LARGEST_PAGE:
        raise bad_request(
            f"Invalid page size specified: '{text}'. "
            f"Must be between 1 and {LARGEST_PAGE} inclusive."
        )
    return int(text)


def link(request: GraphRequest, changes: dict[str, str], without: str = "") -> str:
    """The request's own address with other query options."""
    kept = {name: value for name, value in request.query.items() if name != without}
    query = urlencode({**kept, **changes}, safe="$,", quote_via=quote)
    return f"{request.base_url}{quote(request.path)}?{query}"


def encode_token(text: str) -> str:
    """Make a `$skiptoken` or `$deltatoken` that looks as opaque as Graph's."""
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_token(token: str) -> str:
    """Read back what `encode_token` hid.

    Raises:
        GraphError: 400, when it is not such a token.
    """
    try:
        return b64decode(token + "=" * (-len(token) % 4), altchars="-_", validate=True).decode()
    except (NotBase64, UnicodeDecodeError) as error:
        raise bad_request("The specified page token is not valid.") from error
