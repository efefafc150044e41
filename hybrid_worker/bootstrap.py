"""The composition root: which part is given to which."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event

from hybrid_worker.active_directory.connection import DirectoryConnection
from hybrid_worker.active_directory.directory import ActiveDirectory
from hybrid_worker.active_directory.sign_in import SignInMemory
from hybrid_worker.check.connect_host import connect_host_checks
from hybrid_worker.check.directory import directory_checks
from hybrid_worker.check.installation import JOURNAL, SIGN_IN, installation_checks
from hybrid_worker.check.outcome import Check
from hybrid_worker.check.service_bus import service_bus_checks
from hybrid_worker.delta_sync.coalescer import Coalescer, LeftAlone
from hybrid_worker.delta_sync.connect_host import CmdletHost, Cmdlets
from hybrid_worker.delta_sync.decisions import Carrier
from hybrid_worker.delta_sync.errands import ErrandThreads
from hybrid_worker.delta_sync.local_powershell import LocalPowerShell
from hybrid_worker.delta_sync.patience import Timing
from hybrid_worker.delta_sync.problems import SyncProblem
from hybrid_worker.delta_sync.psrp import JeaSession
from hybrid_worker.endings.account import of_account
from hybrid_worker.endings.sources import certificates_of, known_without_looking
from hybrid_worker.endings.watch import EndingsWatch
from hybrid_worker.handle_commands import HandleCommands
from hybrid_worker.heartbeat import Heartbeat
from hybrid_worker.host_watch import HostWatch, NoWatch, Watch
from hybrid_worker.journal import Journal
from hybrid_worker.preflight.answer import AnswerQuestions
from hybrid_worker.queues import Queues
from hybrid_worker.receive_loop import Pace, ReceiveLoop
from hybrid_worker.settings import (
    DirectorySettings,
    SyncSettings,
    WorkerSettings,
    supervisor_address,
)
from hybrid_worker.watchdog import Watchdog, told_to
from shared.domain.person.sync_mode import SyncMode

_LEFT_TO = {"cloud": SyncProblem.LEFT_TO_CLOUD_SYNC, "none": SyncProblem.LEFT_TO_SCHEDULER}
"""Who carries the changes, where the worker starts no cycles."""
_LONGEST_HOLD = 900
"""Seconds that locks are kept up, for AD's answers; a command is let go once it is answered."""


@contextmanager
def built_loop(settings: WorkerSettings, stop: Event) -> Iterator[ReceiveLoop]:
    """Builds the worker, which works until `stop` is set, and closes everything at the end.

    Raises:
        ConfigurationError: the journal cannot be used.
    """
    # The Kerberos library reads these when the first ticket is asked for.
    os.environ.update(kerberos_environment(settings.directory))
    process, sync_settings = settings.process, settings.sync
    sign_in = _sign_in(settings)
    # Each tells the other of controllers: where to write, if possible, and where that came to be.
    directory = ActiveDirectory(settings.directory, sign_in, lambda: sync.imports_from)
    queues = Queues(settings.service_bus, _LONGEST_HOLD, _now)
    watchdog = Watchdog(process.stuck_after, told_to(supervisor_address()))
    try:
        with Journal(process.state_directory / JOURNAL, _now()) as journal, watchdog.watching():
            sync = _sync(settings, journal, directory)
            handle = HandleCommands(
                directory.find_people,
                directory,
                journal,
                sync,
                _now,
                triggers_sync=sync_settings.mode == "connect",
                locates_hires=sync_settings.provision_on_demand,
            )
            pace = Pace(
                process.batch,
                timedelta(seconds=sync_settings.explain_after),
                timedelta(seconds=process.stop_within),
            )
            loop = ReceiveLoop(
                queues,
                directory=directory,
                handle=handle,
                answer=AnswerQuestions(
                    directory,
                    base=settings.directory.base,
                    connector=settings.preflight.connector,
                    worker=process.name,
                    clock=_now,
                ),
                journal=journal,
                sync=sync,
                heartbeat=Heartbeat(
                    process.name,
                    timedelta(seconds=process.report_every),
                    lambda: journal.kept_aside,
                    sync_mode=SyncMode(sync_settings.mode),
                    scope_group_sid=directory.scope_group_sid,
                ),
                watch=_watch(sync_settings),
                endings=_endings(settings, directory),
                pace=pace,
                worker=process.name,
                clock=_now,
                stop=stop,
                turned=watchdog.turned,
            )
            try:
                yield loop
            finally:
                sync.close()
    finally:
        queues.close()
        directory.close()


@contextmanager
def built_checks(settings: WorkerSettings) -> Iterator[Sequence[Check]]:
    """Builds everything to be checked, in order, on the worker's own parts."""
    os.environ.update(kerberos_environment(settings.directory))
    sign_in = _sign_in(settings)
    connection = DirectoryConnection(settings.directory, sign_in)
    cmdlets = _cmdlets(settings.sync) if settings.sync.mode == "connect" else None
    try:
        yield (
            *installation_checks(settings),
            *service_bus_checks(settings.service_bus, _now),
            *directory_checks(settings.directory, connection, sign_in, _now),
            *connect_host_checks(
                settings.sync,
                cmdlets,
                _carrier(settings),
                [place.name for place in settings.directory.controllers],
            ),
        )
    finally:
        connection.close()
        if cmdlets:
            cmdlets.close()


def _sign_in(settings: WorkerSettings) -> SignInMemory:
    return SignInMemory(
        settings.process.state_directory / SIGN_IN, settings.directory.sign_in, _now
    )


def kerberos_environment(settings: DirectorySettings) -> dict[str, str]:
    """Returns what MIT Kerberos is to find in the environment; tickets stay in memory."""
    variables = {}
    if settings.keytab:
        variables["KRB5_CLIENT_KTNAME"] = str(settings.keytab)
        variables["KRB5CCNAME"] = "MEMORY:sspr-worker"
    if settings.krb5_config:
        variables["KRB5_CONFIG"] = str(settings.krb5_config)
    return variables


def _sync(
    settings: WorkerSettings, journal: Journal, directory: ActiveDirectory
) -> Coalescer | LeftAlone:
    sync = settings.sync
    if sync.mode != "connect":
        return LeftAlone(_LEFT_TO[sync.mode])
    timing = Timing(
        debounce=timedelta(seconds=sync.debounce),
        poll=timedelta(seconds=sync.poll),
        longest_pause=timedelta(seconds=sync.longest_pause),
        patience=timedelta(seconds=sync.patience),
        answer=timedelta(seconds=sync.timeout),
    )
    return Coalescer(
        lambda: CmdletHost(_cmdlets(sync)),
        ErrandThreads(),
        journal,
        timing=timing,
        carrier=_carrier(settings),
        writes_to=lambda: directory.controller,
        clock=_now,
    )


def _watch(settings: SyncSettings) -> Watch:
    if settings.mode != "connect" or not settings.look_every:
        return NoWatch()
    return HostWatch(
        lambda: CmdletHost(_cmdlets(settings)),
        # Of its own: looks that hang keep no cycle from being started.
        ErrandThreads(),
        every=timedelta(seconds=settings.look_every),
        answer=timedelta(seconds=settings.timeout),
        clock=_now,
    )


def _endings(settings: WorkerSettings, directory: ActiveDirectory) -> EndingsWatch:
    has_keytab = settings.directory.keytab is not None
    return EndingsWatch(
        certificates_of(settings),
        lambda: tuple(of_account(directory.own_account(), has_keytab=has_keytab)),
        # Of its own: servers that hang keep no cycle from being started.
        ErrandThreads(),
        clock=_now,
        always=known_without_looking(settings),
    )


def _carrier(settings: WorkerSettings) -> Carrier:
    return Carrier(settings.directory.domain, settings.sync.connector)


def _cmdlets(settings: SyncSettings) -> Cmdlets:
    return JeaSession(settings) if settings.through == "psrp" else LocalPowerShell(settings)


def _now() -> datetime:
    return datetime.now(UTC)
