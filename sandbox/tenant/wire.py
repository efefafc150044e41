"""A Graph request and its response, as HTTP or an item of a `$batch` carried them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class GraphRequest:
    """One operation that somebody asks for."""

    method: str
    path: str
    """Below `/v1.0`, decoded, with a leading slash."""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """With names in lower case."""
    body: Any = None
    base_url: str
    """The address that links in answers start with, up to and including `/v1.0`."""
    app_id: str
    roles: frozenset[str] | None = None
    """The application permissions in the token; None when it does not speak of them."""
    parameters: tuple[str, ...] = ()
    """What stands in the places of the path template's names."""

    @property
    def eventual(self) -> bool:
        """Whether the client accepts answers from the index, which lags."""
        return self.headers.get("consistencylevel", "").lower() == "eventual"

    @property
    def advanced(self) -> bool:
        """Whether the client asks for the advanced query capabilities."""
        return self.eventual and self.query.get("$count", "").lower() == "true"

    def routed(self, parameters: tuple[str, ...]) -> Self:
        """The same request, with the parameters of the operation that will answer it."""
        return replace(self, parameters=parameters)


@dataclass(frozen=True)
class GraphResponse:
    """What Graph answers; a body of `str` is plain text, None is no body at all."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """The same response with more headers."""
        return replace(self, headers={**self.headers, **headers})
