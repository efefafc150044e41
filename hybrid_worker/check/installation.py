"""This machine: the folder of the journal and the files with secrets."""

import os
import stat
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from hybrid_worker.check.outcome import Check, CheckFailed, NotApplicable
from hybrid_worker.settings import WorkerSettings

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_CREDENTIALS = Path("/run/credentials")
"""Where systemd puts a unit's credentials; it lets the unit's user in by an access control list,
which shows in the bits of the group (systemd.exec, Credentials)."""


def installation_checks(settings: WorkerSettings) -> Sequence[Check]:
    """Returns the checks of what can be seen without leaving the machine."""
    folder = settings.process.state_directory
    return (
        Check("state-directory", partial(_private, [folder], owned=True)),
        Check("secret-files", partial(_private_secrets, _secret_files(settings))),
    )


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
