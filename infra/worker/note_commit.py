#!/usr/bin/env python3
"""Notes in an installed worker which commit it is of, for the version that it tells.

    python infra/worker/note_commit.py REPOSITORY FOLDER

Both installers run it. git is asked where the repository is a clone; what `git archive` or a
download from GitHub has packed names its commit in the file beside this script. Where neither
knows, nothing is noted, and the worker tells its number alone.
"""  # a script beside what it belongs to

import re
import subprocess
import sys
from pathlib import Path

BUILT = Path("shared/contracts/messages/built.py")
"""Where the worker looks for it."""
ARCHIVED = Path("infra/worker/commit.txt")
_COMMIT = re.compile(r"[0-9a-f]{7,40}(\.changed)?")
_PATIENCE = 30
"""Seconds for git, which may lie on a share."""


def main(repository: Path, folder: Path) -> None:
    """Note the commit, or that none is known."""
    note = folder / BUILT
    note.unlink(missing_ok=True)
    found = commit_of(repository)
    if found:
        note.write_text(f'"""Written by the installer."""\n\nCOMMIT = "{found}"\n', "utf-8")


def commit_of(repository: Path) -> str | None:
    """Return the commit, with .changed where files differ from it; None where nobody knows."""
    for told in (_of_clone(repository), _of_archive(repository)):
        if told and _COMMIT.fullmatch(told):
            return told
    return None


def _of_clone(repository: Path) -> str | None:
    # Not of a clone further up, in which the repository's copy may happen to lie.
    if not (repository / ".git").exists():
        return None
    git = ["git", "-C", str(repository), "describe", "--always", "--dirty=.changed", "--exclude=*"]
    try:
        done = subprocess.run(git, capture_output=True, text=True, check=True, timeout=_PATIENCE)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _of_archive(repository: Path) -> str | None:
    file = repository / ARCHIVED
    return file.read_text("utf-8").strip() if file.is_file() else None


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
