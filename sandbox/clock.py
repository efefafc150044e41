"""The sandbox's time: the machine's, and an offset to it that is kept in a file.

The app, its timers and the tenant go by it; they see it move in one step. What speaks with
unmodified libraries that read the machine's clock keeps the machine's: Service Bus, whose clients
renew their locks by it, AD with Kerberos, the Connect host, and the worker, whose reports say how
long ago something was.
"""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Read at every look; the file is opened only where it is another than at the last one."""

    def __init__(self, file: Path) -> None:
        """`file` holds ``{"offsetSeconds": N}``; while it is missing the time is the machine's."""
        self._file = file
        self._read: tuple[int, int] | None = None
        self._offset = timedelta()

    def now(self) -> datetime:
        """The time, as `offset` has it; raises as that does."""
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        """How far the time is ahead of the machine's.

        Raises:
            ValueError: the file does not hold an offset.
        """
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return timedelta()
        # A file that took its place within one tick of the file system's clock is another inode.
        version = (status.st_mtime_ns, status.st_ino)
        if version != self._read:
            self._offset = _offset_in(self._file)
            self._read = version
        return self._offset

    def move_to(self, offset: timedelta) -> None:
        """Have everybody who reads the file see another offset, from one look to the next."""
        unfinished = self._file.with_suffix(".new")
        unfinished.write_text(json.dumps({"offsetSeconds": offset.total_seconds()}))
        unfinished.replace(self._file)


def _offset_in(file: Path) -> timedelta:
    try:
        seconds = json.loads(file.read_text())["offsetSeconds"]
    except (ValueError, KeyError, TypeError):
        seconds = None
    if not isinstance(seconds, int | float) or not math.isfinite(seconds):
        raise ValueError(f'{file}: offsetSeconds: expected {{"offsetSeconds": a number}}')
    return timedelta(seconds=seconds)
