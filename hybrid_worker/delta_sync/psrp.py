"""The Connect host's cmdlets through PowerShell remoting to a JEA endpoint."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from xml.etree.ElementTree import Element

from pypsrp.complex_objects import GenericComplexObject, PSInvocationState
from pypsrp.messages import ErrorRecordMessage
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan
from requests.exceptions import ReadTimeout

from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused, problem_of
from hybrid_worker.settings import SyncSettings

_ONE_PACKET = 20
"""Seconds after which the host is to answer "not yet", so that the connection is known to live."""
_PARTING = 4
"""Seconds for telling a host that does not answer that nobody waits for it any more."""
_IDLE = 180
"""Seconds without a question after which the host ends a session by itself."""


class Overdue(Exception):
    """The time for an answer is over."""


class JeaSession:
    """Runs single cmdlets, as JEA has it, in one session for as long as all goes well.

    Each session leaves a transcript on the Connect host and loads ADSync there.
    """

    def __init__(self, settings: SyncSettings) -> None:
        self._settings = settings
        self._connection: _Connection | None = None
        self._pool: RunspacePool | None = None

    def __call__(self, cmdlet: str, **parameters: Any) -> Sequence[Mapping[str, Any]]:
        """Runs one cmdlet and returns its objects' properties.

        Raises:
            SyncRefused: the host is out of reach or hangs, or the cmdlet reported an error.
        """
        try:
            shell = self._run(cmdlet, parameters)
        except (Overdue, ReadTimeout):
            self._abandon()
            late = f"{cmdlet}: no answer within {self._settings.timeout} s"
            raise SyncRefused(SyncProblem.HANGS, late) from None
        except Exception as error:
            # Whatever it is: what a host cut short or made up is no library's own error.
            self._abandon()
            reason = f"{cmdlet}: {type(error).__name__}: {error}"
            raise SyncRefused(SyncProblem.UNREACHABLE, reason) from error
        # `had_errors` stays False for errors that do not terminate.
        if shell.streams.error:
            raise _refusal(cmdlet, shell.streams.error)
        return [_properties(item) for item in shell.output]

    def close(self) -> None:
        """Ends the session, if there is one; a host that is away does that by itself."""
        if self._connection:
            self._connection.deadline = time.monotonic() + _PARTING
            with suppress(Exception):
                if self._pool:
                    self._pool.close()
        self._abandon()

    def _run(self, cmdlet: str, parameters: Mapping[str, Any]) -> PowerShell:
        pool = self._opened()
        shell = PowerShell(pool)
        shell.add_cmdlet(cmdlet).add_parameters(dict(parameters))
        shell.begin_invoke()
        try:
            while shell.state == PSInvocationState.RUNNING:
                shell.poll_invoke()
        except Overdue:
            self._stop(shell)
            raise
        self._clear_away(shell)
        return shell

    def _opened(self) -> RunspacePool:
        """Returns the session, which is begun if there is none, with a new deadline."""
        if self._connection is None:
            self._connection = _Connection(self._settings)
        self._connection.deadline = time.monotonic() + self._settings.timeout
        if self._pool is None:
            self._pool = RunspacePool(
                self._connection,
                configuration_name=self._settings.configuration,
                idle_timeout=_IDLE,
            )
            self._pool.open()
        return self._pool

    def _clear_away(self, shell: PowerShell) -> None:
        """Has the host forget a cmdlet that has ended; if that fails, its answer counts still."""
        try:
            shell.close()
        except Exception:  # noqa: BLE001
            self._abandon()

    def _stop(self, shell: PowerShell) -> None:
        """Has a cmdlet stopped that goes on and on, and the session ended, if the host hears it."""
        if self._connection and self._pool:
            self._connection.deadline = time.monotonic() + _PARTING
            with suppress(Exception):
                shell.stop()
                self._pool.close()

    def _abandon(self) -> None:
        connection, self._connection, self._pool = self._connection, None, None
        if connection:
            with suppress(Exception):
                connection.close()


class _Connection(WSMan):
    """WS-Management of which every request ends by a deadline, whatever the host does."""

    def __init__(self, settings: SyncSettings) -> None:
        super().__init__(
            settings.host or "",
            port=settings.port,
            username=settings.user,
            password=settings.secret(),
            ssl=True,
            auth=settings.auth,
            # pypsrp takes True or a file of authorities to trust.
            cert_validation=str(settings.ca_file) if settings.ca_file else True,  # type: ignore[arg-type]
            connection_timeout=min(settings.timeout, _ONE_PACKET),
            # The host is next door: a proxy of the machine's is for the internet.
            no_proxy=True,
            # Who asks here knows better when to try again.
            reconnection_retries=0,
            reconnection_backoff=0,
        )
        self.deadline = time.monotonic() + settings.timeout

    def invoke(self, *arguments: Any, **named: Any) -> Element:
        """Sends a request, as every one is sent, with the time that is left for its answer.

        Raises:
            Overdue: none is left.
        """
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Overdue
        # The library waits two seconds longer than it asks the host to.
        named["timeout"] = max(1, min(int(left) - 2, _ONE_PACKET))
        named["retries_on_read_timeout"] = 0
        return super().invoke(*arguments[:5], **named)


def _refusal(cmdlet: str, records: Sequence[ErrorRecordMessage]) -> SyncRefused:
    """Returns what the records say; the first of ADSync's own that is understood decides."""
    problems = [problem_of(str(record), str(record.fq_error or "")) for record in records]
    known = [problem for problem in problems if problem is not SyncProblem.REFUSED]
    problem = known[0] if known else SyncProblem.REFUSED
    return SyncRefused(problem, f"{cmdlet}: {records[0]}")


def _properties(item: Any) -> Mapping[str, Any]:
    """Returns an object's properties: .NET objects' arrive as adapted, custom ones' as extended."""
    if not isinstance(item, GenericComplexObject):
        return {}
    return {**item.adapted_properties, **item.extended_properties}
