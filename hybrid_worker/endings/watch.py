"""The watch on what ends: a look every hour, which keeps neither commands nor reports waiting.

Certificates are looked at in a thread of their own, since a server may not answer. What AD says of
the account is asked by whoever asks AD anyway, and only while it answers.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from hybrid_worker.delta_sync.errands import Errand, Errands
from hybrid_worker.delta_sync.problems import SyncRefused
from shared.contracts.messages.ending_report import MOST_ENDINGS, EndingReport
from shared.domain.errors import DirectoryUnavailable

_log = structlog.get_logger(__name__)

EVERY: Final = timedelta(hours=1)

type Look = Callable[[], EndingReport]


class Endings(Protocol):
    """Whoever knows what ends."""

    def step(self, *, directory_answers: bool) -> None:
        """Does what is due; never waits for a server."""

    def newest(self) -> tuple[EndingReport, ...]:
        """Returns what the last looks came to; empty before the first has."""


class EndingsWatch:
    """Looks every hour."""

    def __init__(
        self,
        certificates: Sequence[Look],
        account: Callable[[], Sequence[EndingReport]],
        errands: Errands,
        *,
        clock: Callable[[], datetime],
        always: Sequence[EndingReport] = (),
    ) -> None:
        """Takes whom to ask.

        Args:
            certificates: Each tells of one certificate.
            account: Tells of the account in AD; may raise `DirectoryUnavailable`.
            errands: Who runs what takes time.
            clock: Tells the time.
            always: What is known without looking.
        """
        self._certificates = certificates
        self._account = account
        self._errands = errands
        self._clock = clock
        self._always = tuple(always)
        self._errand: Errand[tuple[EndingReport, ...]] | None = None
        self._looked_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._of_certificates: tuple[EndingReport, ...] = ()
        self._of_account: tuple[EndingReport, ...] = ()

    def step(self, *, directory_answers: bool) -> None:
        """Does what `Endings.step` says."""
        now = self._clock()
        try:
            self._look(now)
        except SyncRefused as refused:
            _log.warning("endings-not-seen", detail=refused.detail)
            self._errand = None
        if directory_answers and _is_due(self._asked_at, now):
            self._asked_at = now
            try:
                self._of_account = tuple(self._account())
            except DirectoryUnavailable as error:
                _log.warning("end-of-account-not-seen", error=str(error))

    def newest(self) -> tuple[EndingReport, ...]:
        """Does what `Endings.newest` says."""
        return (*self._always, *self._of_account, *self._of_certificates)[:MOST_ENDINGS]

    def _look(self, now: datetime) -> None:
        if self._errand is None and _is_due(self._looked_at, now):
            self._looked_at = now
            self._errand = self._errands.begin(lambda: tuple(one() for one in self._certificates))
        if self._errand and self._errand.is_done:
            errand, self._errand = self._errand, None
            self._of_certificates = errand.result()


def _is_due(last: datetime | None, now: datetime) -> bool:
    # A clock that is set back must not end the looks.
    return last is None or abs(now - last) >= EVERY
