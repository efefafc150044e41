"""The items of a `$batch`, checked as a whole before any is carried out."""

from dataclasses import dataclass
from typing import Any

from sandbox.tenant.errors import malformed

BATCH_PATH = "/$batch"
MOST_ITEMS = 20


@dataclass(frozen=True)
class BatchItem:
    """One request inside a batch."""

    id: str
    method: str
    url: str
    """Relative to the version, with a leading slash."""
    headers: dict[str, str]
    body: Any
    depends_on: tuple[str, ...]


def batch_items(body: Any) -> list[BatchItem]:
    """Read a batch.

    Raises:
        GraphError: 400, when the batch is refused as a whole.
    """
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not requests:
        raise malformed("requests: a list of requests is needed.")
    if len(requests) > MOST_ITEMS:
        raise malformed(f"Number of batch request steps exceeds the maximum value of {MOST_ITEMS}.")
    items: list[BatchItem] = []
    for request in requests:
        items.append(_item(request, {item.id for item in items}))
    return items


def _item(request: dict[str, Any], earlier: set[str]) -> BatchItem:
    for name in ("id", "method", "url"):
        if not isinstance(request.get(name), str):
            raise malformed(f"requests: an item has no {name}.")
    identifier = request["id"]
    if identifier in earlier:
        raise malformed(f"requests: the id '{identifier}' occurs twice.")
    depends_on = tuple(request.get("dependsOn", ()))
    if not earlier.issuperset(depends_on):
        raise malformed(f"requests: '{identifier}' depends on one that does not come before it.")
    if "body" in request and not request.get("headers"):
        raise malformed(f"requests: '{identifier}' has a body but no Content-Type header.")
    headers = {name.lower(): value for name, value in request.get("headers", {}).items()}
    return BatchItem(
        id=identifier,
        method=request["method"].upper(),
        url="/" + request["url"].lstrip("/"),
        headers=headers,
        body=request.get("body"),
        depends_on=depends_on,
    )
