"""Microsoft's clouds: where Graph and Entra are in each, and who issues its tokens.

Sources, read on 29 November 2026: https://learn.microsoft.com/graph/deployments and
https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud; the issuers of
tokens of version 1 as the clouds' own metadata (`/.well-known/openid-configuration`) is quoted.
No national cloud has been seen by this product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Cloud(StrEnum):
    """One of Microsoft's clouds; everything that differs between them follows from it."""

    PUBLIC = "public"
    US_GOVERNMENT = "usgov"
    """GCC High. (GCC is in the public cloud.)"""
    US_DEFENSE = "usgov-dod"
    CHINA = "china"
    """Operated by 21Vianet."""

    @property
    def places(self) -> "Places":
        """Where things are in it."""
        return _PLACES[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where things are in a cloud; each without a slash at its end."""

    graph: str
    """The resource that tokens for Graph are asked for, and where it is."""
    login: str
    """Entra, without the tenant; it issues tokens of version 2."""
    issuer_v1: str = "https://sts.windows.net"
    """Who issues tokens of version 1."""

    @property
    def graph_url(self) -> str:
        """Graph's base URL, with its version."""
        return f"{self.graph}/v1.0"


_PLACES: Mapping[Cloud, Places] = {
    Cloud.PUBLIC: Places(
        graph="https://graph.microsoft.com", login="https://login.microsoftonline.com"
    ),
    Cloud.US_GOVERNMENT: Places(
        graph="https://graph.microsoft.us", login="https://login.microsoftonline.us"
    ),
    Cloud.US_DEFENSE: Places(
        graph="https://dod-graph.microsoft.us", login="https://login.microsoftonline.us"
    ),
    Cloud.CHINA: Places(
        graph="https://microsoftgraph.chinacloudapi.cn",
        login="https://login.partner.microsoftonline.cn",
        issuer_v1="https://sts.chinacloudapi.cn",
    ),
}
