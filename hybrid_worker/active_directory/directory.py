"""Active Directory as the worker sees it: look-ups in the domain, writes to one group."""

from collections.abc import Collection, Mapping
from uuid import UUID

import structlog

from hybrid_worker.active_directory.account import Account, Pointer
from hybrid_worker.active_directory.connection import DirectoryConnection
from hybrid_worker.active_directory.lookup import find_accounts
from hybrid_worker.active_directory.scope_group import ScopeGroup, Written
from hybrid_worker.settings import DirectorySettings

_log = structlog.get_logger(__name__)


class ActiveDirectory:
    """Every call opens what it needs; all raise `DirectoryUnavailable` when AD does not answer."""

    def __init__(self, settings: DirectorySettings) -> None:
        self._scope_group = settings.scope_group
        self._connection = DirectoryConnection(settings)
        self._group: ScopeGroup | None = None

    def check(self) -> None:
        """Checks that AD answers and that the scope group is what it has to be.

        Raises:
            ConfigurationError: the group or the account cannot be used as configured.
        """
        self._connection.ping()
        self._resolved()

    def scope_group_sid(self) -> str | None:
        """Returns the SID of the scope group; None until AD has shown it for the first time."""
        return self._group.sid if self._group else None

    def find_people(self, pointers: Collection[Pointer]) -> Mapping[Pointer, tuple[Account, ...]]:
        """Finds everybody each pointer leads to."""
        return find_accounts(self._connection, pointers)

    def members(self) -> set[UUID]:
        """Returns the GUIDs of all direct members of the scope group."""
        return self._resolved().members()

    def write(self, adds: Collection[UUID], removes: Collection[UUID]) -> Written:
        """Puts people into the scope group and takes people out."""
        return self._resolved().write(adds, removes)

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _resolved(self) -> ScopeGroup:
        if self._group is None:
            self._group = ScopeGroup.resolve(self._connection, self._scope_group)
            _log.info("scope-group-found", guid=str(self._group.guid))
        return self._group
