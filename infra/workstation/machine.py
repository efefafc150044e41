"""What kind of machine this is, and whether it has room."""

import platform
import shutil
from pathlib import Path

from infra.workstation.steps import NotSetUp

_DISK_NEEDED = 2_000_000_000
_OLDEST = 12


def is_known_debian() -> bool:
    """Whether Debian's packages go by the names that are known here."""
    release = _release()
    # Debian's next release has no number until it is out.
    return release.get("ID") == "debian" and float(release.get("VERSION_ID", _OLDEST)) >= _OLDEST


def name() -> str:
    """What the system calls itself."""
    return _release().get("PRETTY_NAME", platform.system())


def require_disk(folder: Path) -> None:
    """Refuse to begin what would fill the disk.

    Raises:
        NotSetUp: saying how much is free, and how much it takes.
    """
    free = shutil.disk_usage(folder).free
    if free < _DISK_NEEDED:
        raise NotSetUp(
            f"{folder} has {free / 1e9:.1f} GB free; the set-up takes {_DISK_NEEDED / 1e9:.0f} GB."
        )


def _release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}
