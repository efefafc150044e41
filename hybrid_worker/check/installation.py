"""This machine: the folder of the journal and the files with secrets."""

import os
import sqlite3
import stat
import sys
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from hybrid_worker.check.outcome import Check, CheckFailed, NotApplicable
from hybrid_worker.journal_file import SET_ASIDE
from hybrid_worker.settings import WorkerSettings

JOURNAL = "journal.sqlite3"
"""The journal's name in the folder of the worker's state."""
SIGN_IN = "sign-in.json"
"""What is remembered of sign-ins to AD, likewise."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_CREDENTIALS = Path("/run/credentials")
"""Where systemd puts a unit's credentials; it lets the unit's user in by an access control list,
which shows in the bits of the group (systemd.exec, Credentials)."""


def installation_checks(settings: WorkerSettings) -> Sequence[Check]:
    """Returns the checks of what can be seen without leaving the machine."""
    folder = settings.process.state_directory
    return (
        Check("state-directory", partial(_private, [folder], owned=True)),
        Check("journal", partial(_journal, folder), needs="state-directory"),
        Check("secret-files", partial(_private_secrets, _secret_files(settings))),
    )


def _journal(folder: Path) -> str:
    """Tells what was set aside; while the worker runs its journal is open to nobody else."""
    files = sorted(file.name for file in folder.glob(f"{JOURNAL}{SET_ASIDE}*"))
    whole = [name for name in files if not name.endswith(("-wal", "-shm"))]
    if whole:
        raise CheckFailed(
            f"{len(whole)} journals could not be read and were set aside: {', '.join(whole[:5])}",
            f"Look at them if you need to, then delete them from {folder}.",
        )
    file = folder / JOURNAL
    if not file.exists():
        raise NotApplicable("the worker has not been started yet")
    names = _names_set_aside(file)
    if names:
        raise CheckFailed(
            f"{len(names)} commands or rows could not be digested: {', '.join(names[:5])}",
            f"Look at the table set_aside in {file}; they are forgotten after 30 days.",
        )
    return "nothing was set aside"


def _names_set_aside(file: Path) -> list[str]:
    try:
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=0)) as database:
            return [name for (name,) in database.execute("SELECT name FROM set_aside ORDER BY id")]
    except sqlite3.Error as error:
        raise NotApplicable(
            f"it cannot be looked into ({error})",
            "While the worker runs, its log and its reports say what was set aside.",
        ) from None


def _secret_files(settings: WorkerSettings) -> list[Path]:
    files = (
        settings.service_bus.certificate_file,
        settings.directory.password_file,
        settings.directory.keytab,
        settings.sync.password_file,
    )
    return [file for file in files if file]


def _private_secrets(files: Sequence[Path]) -> str:
    if not files:
        raise NotApplicable("no setting names a file with a secret")
    return _private(files, owned=False)


def _private(paths: Sequence[Path], *, owned: bool) -> str:
    if sys.platform == "win32":
        raise NotApplicable(
            "the rights on files are not read on Windows",
            f"Look with: icacls {' '.join(map(str, paths))}",
        )
    for path in paths:
        status = path.stat()
        closed = stat.S_IRWXO if path.is_relative_to(_CREDENTIALS) else _OTHERS
        if status.st_mode & closed:
            raise CheckFailed(
                f"{path} is open to others (mode {stat.S_IMODE(status.st_mode):04o})",
                f"Close it: chmod go-rwx {path}",
            )
        if owned and status.st_uid != os.geteuid():
            raise CheckFailed(
                f"{path} belongs to user id {status.st_uid}, this is {os.geteuid()}",
                "Run the check as the account that the worker runs as.",
            )
    return f"closed to others: {', '.join(map(str, paths))}"
