"""A file that its owner alone may read, from its first byte."""

import os
from pathlib import Path

_OWNERS = 0o600


def write_private(file: Path, content: str | bytes) -> None:
    """Write a file, or write it anew, with no rights for anybody but its owner."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNERS)
    with os.fdopen(descriptor, "wb") as out:
        # One that was there keeps its rights otherwise.
        os.fchmod(descriptor, _OWNERS)
        out.write(content.encode() if isinstance(content, str) else content)
