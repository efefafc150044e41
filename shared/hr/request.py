"""A request of an HR system as it came, with what its proof and its handshakes are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

_MOST_PARAMETERS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HrRequest:
    """What came, before anybody has looked at it."""

    body: bytes = b""
    """As it came."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """With names in lower case."""
    method: str = "POST"
    url: str = ""
    """The address with its query, as it was asked for."""

    def header(self, name: str) -> str:
        """Returns the header's value; empty where it was not sent."""
        return self.headers.get(name.lower(), "")

    def parameter(self, name: str) -> str:
        """Returns the first value of the address's parameter; empty where it was not sent."""
        try:
            found = parse_qs(urlsplit(self.url).query, max_num_fields=_MOST_PARAMETERS)
        except ValueError:
            return ""
        return found.get(name, [""])[0]

    @property
    def charset(self) -> str | None:
        """What the sender says that the body is written in; None where it says nothing."""
        for parameter in self.header("content-type").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip('"').lower()
        return None

    @property
    def path(self) -> str:
        """The address without the host: the path, and the query where there is one."""
        parts = urlsplit(self.url)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
