"""The access keys of the host: one master key, and named keys that open every function."""

import json
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Self


class HostKeys:
    """Says whether a key opens an authorization level."""

    def __init__(self, master: str, function: Collection[str]) -> None:
        self._master = master
        self._function = tuple(function)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the keys of a host from a file, making both on first use."""
        if not path.exists():
            fresh = {
                "masterKey": secrets.token_urlsafe(40),
                "functionKeys": {"default": secrets.token_urlsafe(40)},
            }
            path.touch(mode=0o600)
            path.write_text(json.dumps(fresh, indent=2) + "\n", encoding="utf-8")
        document = json.loads(path.read_text(encoding="utf-8"))
        return cls(document["masterKey"], document["functionKeys"].values())

    def allow(self, level: str, key: str) -> bool:
        """Tell whether a key suffices for a level: ``anonymous``, ``function`` or ``admin``."""
        accepted = {"anonymous": None, "function": self._function, "admin": ()}[level]
        if accepted is None:
            return True
        given = key.encode()
        return any(secrets.compare_digest(given, k.encode()) for k in (self._master, *accepted))
