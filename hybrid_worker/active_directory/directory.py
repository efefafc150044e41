"""Active Directory as the worker sees it: look-ups in the forest, writes to one group."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

import structlog

from hybrid_worker.active_directory.account import Account, AccountKind, Pointer
from hybrid_worker.active_directory.connection import DirectoryConnection
from hybrid_worker.active_directory.domains import domains_of_forest
from hybrid_worker.active_directory.lookup import find_accounts
from hybrid_worker.active_directory.own_account import OwnAccount, own_account
from hybrid_worker.active_directory.scope_group import ScopeGroup
from hybrid_worker.active_directory.sign_in import SignInMemory
from hybrid_worker.active_directory.trouble import DirectoryTrouble
from hybrid_worker.active_directory.written import Written
from hybrid_worker.settings import DirectorySettings
from shared.domain.errors import ConfigurationError, DirectoryUnavailable

_log = structlog.get_logger(__name__)

_IN_THE_CATALOGUE = frozenset(
    {
        *(AccountKind.SID, AccountKind.ANCHOR),
        *(AccountKind.PRINCIPAL_NAME, AccountKind.LOGON_NAME),
    }
)
"""What the global catalogue holds as AD is shipped; `employeeID` is not in it (MS-ADA1 to 3)."""


class ActiveDirectory:
    """Every call opens what it needs; all raise `DirectoryUnavailable` when AD does not answer."""

    def __init__(
        self,
        settings: DirectorySettings,
        sign_in: SignInMemory,
        preferred: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Takes the settings, what is remembered of sign-ins, and who tells the controller to use.

        Args:
            settings: Controllers, account and group.
            sign_in: What is remembered of earlier sign-ins.
            preferred: Tells the controller that the delta sync imports from, where it is known.
        """
        self._settings = settings
        self._sign_in = sign_in
        self._connection = DirectoryConnection(settings, sign_in, preferred=preferred)
        self._catalogue = (
            DirectoryConnection(settings, sign_in, catalogue=True) if settings.catalogues else None
        )
        self._group: ScopeGroup | None = None
        self._domains: tuple[str, ...] = ()

    def check(self) -> None:
        """Checks that AD answers and that the scope group is what it has to be.

        Raises:
            ConfigurationError: the group or the account cannot be used as configured, and never
                could.
            DirectoryUnavailable: AD does not answer, or no longer does what it did.
        """
        try:
            self._connection.ping()
            self._resolved().expect_there()
            if not self._domains:
                self._domains = self._find_domains()
        except DirectoryTrouble as trouble:
            # What was once right may be so again, and the process has to be there when it is.
            if trouble.passes or self._sign_in.was_accepted:
                raise
            raise ConfigurationError(_complaint(self._settings, trouble)) from trouble
        self._sign_in.accepted()

    @property
    def domains(self) -> tuple[str, ...]:
        """The DNS names of the domains whose people can be put into the group; empty: not known."""
        return self._domains

    @property
    def connection(self) -> DirectoryConnection:
        """The connection to the worker's own domain."""
        return self._connection

    @property
    def controller(self) -> str | None:
        """The name of the controller in use."""
        return self._connection.controller

    def scope_group_sid(self) -> str | None:
        """Returns the SID of the scope group; None until AD has shown it for the first time."""
        return self._group.sid if self._group else None

    def own_account(self) -> OwnAccount:
        """Returns the account that is signed in, with its ends."""
        return own_account(self._connection)

    def find_people(self, pointers: Collection[Pointer]) -> Mapping[Pointer, tuple[Account, ...]]:
        """Finds everybody each pointer leads to, in the domain and then in the forest.

        A pointer of which cannot be told whom it leads to, since the catalogue is away, is left
        out.
        """
        found = dict(find_accounts(self._connection, pointers))
        elsewhere = [one for one in pointers if not found[one] and one.kind in _IN_THE_CATALOGUE]
        if self._catalogue is None or not elsewhere:
            return found
        try:
            return found | dict(find_accounts(self._catalogue, elsewhere))
        except DirectoryUnavailable as error:
            _log.warning("catalogue-unavailable", error=str(error), people=len(elsewhere))
            return {one: accounts for one, accounts in found.items() if one not in elsewhere}

    def members(self) -> set[UUID]:
        """Returns the GUIDs of all direct members of the scope group."""
        return self._resolved().members()

    def write(self, adds: Collection[UUID], removes: Collection[UUID]) -> Written:
        """Puts people into the scope group and takes people out."""
        return self._resolved().write(adds, removes)

    def close(self) -> None:
        """Closes the connections."""
        self._connection.close()
        if self._catalogue:
            self._catalogue.close()

    def _resolved(self) -> ScopeGroup:
        if self._group is None:
            self._group = self._resolve()
            _log.info(
                "scope-group-found",
                guid=str(self._group.guid),
                scope=self._group.scope,
                controller=self.controller,
            )
        return self._group

    def _resolve(self) -> ScopeGroup:
        try:
            return ScopeGroup.resolve(
                self._connection,
                self._settings.scope_group,
                of_forest=self._catalogue is not None,
            )
        except ConfigurationError as error:
            raise DirectoryTrouble("scope-group", str(error), passes=False) from error

    def _find_domains(self) -> tuple[str, ...]:
        if self._catalogue is None:
            return (self._settings.domain.lower(),)
        return domains_of_forest(self._connection)


def _complaint(settings: DirectorySettings, trouble: DirectoryTrouble) -> str:
    text = str(trouble)
    if text.startswith("SSPR_WORKER_"):
        return text
    return f"SSPR_WORKER_DIRECTORY_BIND={settings.bind}: {text}"
