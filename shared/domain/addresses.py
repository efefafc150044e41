"""Addresses that tokens are sent to."""

from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def is_safe_for_tokens(url: str) -> bool:
    """Tells whether nobody on the way can read what is sent to this address.

    That is so over https, and where the address is this machine itself.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
