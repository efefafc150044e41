"""Blob Storage by an account's key, for a lab without managed identity.

Source: "Authorize with Shared Key", Azure Storage REST API, Microsoft Learn, read in November 2026.
"""

import base64
import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest

_STANDARD = (
    *("content-encoding", "content-language", "content-length", "content-md5", "content-type"),
    *("date", "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"),
)


def sign(request: "HttpRequest", account: str, key: str) -> None:
    """Adds the header that proves who asks; every other header has to be there."""
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    text = "\n".join(
        [
            request.method,
            *(_standard(name, headers) for name in _STANDARD),
            *(f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-ms-")),
            _resource(request.url, account),
        ]
    )
    digest = hmac.new(base64.b64decode(key), text.encode(), sha256).digest()
    request.headers["Authorization"] = f"SharedKey {account}:{base64.b64encode(digest).decode()}"


def _standard(name: str, headers: Mapping[str, str]) -> str:
    value = headers.get(name, "")
    return "" if (name, value) == ("content-length", "0") else value


def _resource(url: str, account: str) -> str:
    parts = urlsplit(url)
    queries = (f"\n{name.lower()}:{value}" for name, value in sorted(parse_qsl(parts.query)))
    return f"/{account}{parts.path}{''.join(queries)}"
