"""The ends of the worker's account in AD, and of its password."""

from collections.abc import Iterator
from datetime import datetime

from hybrid_worker.active_directory.own_account import OwnAccount
from shared.contracts.messages.contract import EARLIEST, LATEST
from shared.contracts.messages.ending_report import EndingReport, Endless


def of_account(account: OwnAccount, *, has_keytab: bool) -> Iterator[EndingReport]:
    """Yields when the password ends, and the account itself where it has an end.

    Whoever works by a keytab keeps the keys of one password: nothing renews them by itself, though
    AD says of a machine's account that its password never ends.
    """
    yield _ending(
        "directory-password",
        account.sid,
        account.password_ends,
        Endless.BY_ITSELF if account.is_machine and not has_keytab else Endless.NEVER,
    )
    if account.account_ends:
        yield _ending("directory-account", account.sid, account.account_ends, Endless.NEVER)


def _ending(what: str, sid: str, ends: datetime | None, otherwise: Endless) -> EndingReport:
    if ends is None or ends > LATEST:
        return EndingReport(what=what, of=sid, why=otherwise)
    # A password that has to be changed at the next sign-in has the time 0.
    return EndingReport(what=what, of=sid, ends_at=max(ends, EARLIEST))
