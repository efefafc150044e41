"""The access keys of the host: a master key, keys for every function, and each function's own."""

import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Self

from sandbox.functions_host.storage import Storage


class HostKeys:
    """Says whether a key opens an authorization level of a function."""

    def __init__(
        self, master: str, host: Iterable[str], functions: Mapping[str, Iterable[str]]
    ) -> None:
        self._master = master
        self._host = tuple(host)
        self._functions = {name: tuple(keys) for name, keys in functions.items()}

    @classmethod
    def load(cls, path: Path, functions: Iterable[str]) -> Self:
        """Read the keys from a file, making those that are missing.

        Args:
            path: The file; it is made on first use.
            functions: The names of the functions that have a key of their own.
        """
        document: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        document.setdefault("masterKey", _fresh())
        document.setdefault("functionKeys", {"default": _fresh()})
        own = document.setdefault("keysOfFunctions", {})
        for name in functions:
            own.setdefault(name, {"default": _fresh()})
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        functions_keys = {name: keys.values() for name, keys in own.items()}
        return cls(document["masterKey"], document["functionKeys"].values(), functions_keys)

    def opens_everything(self, key: str) -> bool:
        """Whether it is the master key."""
        return secrets.compare_digest(key.encode(), self._master.encode())

    def allow(self, level: str, key: str, function: str) -> bool:
        """Tell whether a key suffices for a level of a function.

        Args:
            level: ``anonymous``, ``function`` or ``admin``.
            key: The key that was given.
            function: The function's name; empty for what is the host's own.
        """
        if level == "anonymous" or self.opens_everything(key):
            return True
        accepted = (*self._host, *self._functions.get(function, ()))
        given = key.encode()
        return level == "function" and any(
            secrets.compare_digest(given, one.encode()) for one in accepted
        )


class Keys:
    """The keys, which Azure's host keeps in the storage account and reads there once."""

    def __init__(self, path: Path, functions: Iterable[str], storage: Storage) -> None:
        """Prepare to read.

        Args:
            path: The file that they are really kept in.
            functions: The names of the functions that have a key of their own.
            storage: Has to be there while they have not been read.
        """
        self._path = path
        self._functions = tuple(functions)
        self._storage = storage
        self._loaded: HostKeys | None = None

    async def load(self) -> HostKeys:
        """Read them, unless they have been.

        Raises:
            StorageUnavailableError: When there is no storage to read them from.
        """
        if self._loaded is None:
            await self._storage.require()
            self._loaded = HostKeys.load(self._path, self._functions)
        return self._loaded

    async def allow(self, level: str, key: str, function: str = "") -> bool:
        """Tell whether a key suffices for a level; see `HostKeys.allow`.

        Raises:
            StorageUnavailableError: As `load`; whoever gives no key is answered all the same.
        """
        if not key:
            return level == "anonymous"
        return (await self.load()).allow(level, key, function)

    async def opens_everything(self, key: str) -> bool:
        """Whether it is the master key; raises as `allow` does."""
        return bool(key) and (await self.load()).opens_everything(key)


def _fresh() -> str:
    return secrets.token_urlsafe(40)
