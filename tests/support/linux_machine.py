"""A machine below a folder, for the worker's installer for Linux: systemctl is a stand-in."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.repository import ROOT

PARTS = ("hybrid_worker", "shared", "infra/worker", "worker.env.sample")
UNITS = ("sspr-worker.service", "sspr-worker-check.service")
ARC = "10-azure-arc.conf"
SYSTEMCTL = """#!/bin/sh
echo "$*" >> {folder}/asked
if [ "$1" = is-active ]; then test -f {folder}/active; exit; fi
if [ -f {folder}/refuses ] && [ "$1" = "$(cat {folder}/refuses)" ]; then
  rm {folder}/refuses; echo "a reason" >&2; exit 1
fi
# As systemd does: it goes by what it has loaded, and starts no unit whose group is not there.
if [ "$1" = daemon-reload ]; then
  unit={folder}/root/etc/systemd/system/sspr-worker.service
  cat $unit $unit.d/*.conf 2>/dev/null |
    awk -F= '/^SupplementaryGroups=/ {{ all = $2 == "" ? "" : all " " $2 }} END {{ print all }}' \\
    > {folder}/loaded
fi
if [ "$1" = start ] && [ -f {folder}/loaded ]; then
  for group in $(cat {folder}/loaded); do
    grep -qs "^$group:" {folder}/root/etc/group || {{ echo "status=216/GROUP" >&2; exit 1; }}
  done
fi
case $1 in start) touch {folder}/active ;; stop) rm -f {folder}/active ;; esac
"""


def wheelhouse(folder: Path, repository: Path) -> Path:
    """One wheel, which lets a new environment see the packages of this one."""
    folder.mkdir(exist_ok=True)
    wheel = folder / "packages-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("packages.pth", sysconfig.get_path("purelib"))
        information = "packages-1.0.dist-info"
        archive.writestr(
            f"{information}/METADATA", "Metadata-Version: 2.1\nName: packages\nVersion: 1.0\n"
        )
        tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{information}/WHEEL", tags)
        archive.writestr(f"{information}/RECORD", "")
    origin = hashlib.sha256((repository / "hybrid_worker/requirements.txt").read_bytes())
    pin = hashlib.sha256(wheel.read_bytes())
    (folder / "requirements.txt").write_text(
        f"# of hybrid_worker/requirements.txt, sha256:{origin.hexdigest()}\n"
        f"packages==1.0 --hash=sha256:{pin.hexdigest()}\n"
    )
    return folder


@dataclass
class Machine:
    """A root folder, a copy of the repository, and who systemctl is."""

    folder: Path
    repository: Path = field(init=False)

    def __post_init__(self) -> None:
        self.repository = self.folder / "repository"
        for part in PARTS:
            copy = self.repository / part
            copy.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, copy)
            else:
                shutil.copy(ROOT / part, copy)
        wheelhouse(self.folder / "wheelhouse", self.repository)
        systemctl = self.folder / "systemctl"
        systemctl.write_text(SYSTEMCTL.format(folder=self.folder))
        systemctl.chmod(0o755)

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def app(self) -> Path:
        return self.root / "opt/sspr-worker"

    @property
    def script(self) -> Path:
        return self.repository / "infra/worker/linux/install"

    def words(self, *more: str | Path) -> list[str | Path]:
        given: list[str | Path] = [
            "--wheelhouse",
            self.folder / "wheelhouse",
            "--python",
            sys.executable,
        ]
        return [self.script, *given, "--root", self.root, *more]

    def install(self, *more: str | Path) -> subprocess.CompletedProcess[str]:
        words = self.words("--systemctl", self.folder / "systemctl", *more)
        return subprocess.run(words, capture_output=True, text=True, check=False)

    def update(self, version: str) -> None:
        """Change the repository."""
        (self.repository / "hybrid_worker/version.py").write_text(f"VERSION = {version!r}\n")

    @property
    def version(self) -> str:
        file = self.app / "hybrid_worker/version.py"
        return file.read_text() if file.exists() else ""

    @property
    def active(self) -> bool:
        return (self.folder / "active").exists()

    @active.setter
    def active(self, runs: bool) -> None:
        (self.folder / "active").touch() if runs else (self.folder / "active").unlink()

    def asked(self) -> list[str]:
        """What systemctl has been told since it was last looked at, beside questions."""
        file = self.folder / "asked"
        lines = file.read_text().splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return [line for line in lines if not line.startswith("is-active")]

    def arc_agent(self, *, there: bool) -> None:
        """Put the agent of Azure Arc onto the machine, or take it off: its group, that is."""
        groups = "root:x:0:\nnothimds:x:900:\n" + ("himds:x:999:\n" if there else "")
        (self.root / "etc/group").write_text(groups)

    @property
    def shipped(self) -> Path:
        return self.repository / "infra/worker/linux" / ARC

    @property
    def units(self) -> Path:
        return self.root / "etc/systemd/system"

    def drop_ins(self) -> dict[str, list[str]]:
        """What is in the folders of drop-ins, each below its unit."""
        return {
            folder.name.removesuffix(".d"): sorted(file.name for file in folder.iterdir())
            for folder in self.units.glob("*.d")
        }

    def wants_groups(self) -> list[bool]:
        """Whether each unit wants a group beside its own, as systemd itself reads it."""
        return [self._wants_groups(unit) for unit in UNITS]

    def _wants_groups(self, unit: str) -> bool:
        words = ["systemd-analyze", "security", "--offline=true", "--json=short", unit]
        done = subprocess.run(
            [*words, f"--root={self.root}"], capture_output=True, text=True, check=True
        )
        (found,) = (
            one for one in json.loads(done.stdout) if one["json_field"] == "SupplementaryGroups"
        )
        return not found["set"]

    def picture(self) -> dict[str, tuple[int, int, bytes]]:
        """Every path, its mode, when it was changed, and what is in it."""
        return {
            str(path): (
                path.lstat().st_mode,
                path.lstat().st_mtime_ns,
                path.read_bytes() if path.is_file() else b"",
            )
            for path in self.root.rglob("*")
        }

    def leftovers(self) -> list[Path]:
        return [
            path
            for folder in (self.app.parent, self.root / "etc")
            for path in folder.glob("*" if folder == self.app.parent else "**/*")
            if re.search(r"\.(new|old|interrupted)$", path.name)
        ]


UNTOUCHED = "All is as it should be: nothing has been changed.\n"
STARTED_AGAIN = "Up to date, and started again.\n"
NO_ARC: dict[str, list[str]] = {}
WITH_ARC = {unit: [ARC] for unit in UNITS}


def stand_in_for_getent(machine: Machine, status: int) -> None:
    folder = machine.folder / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "getent").write_text(f'#!/bin/sh\ntest "$*" = "group himds" && exit {status}\n')
    (folder / "getent").chmod(0o755)


def dry_run_on_this_machine(machine: Machine, *more: str) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in machine.words("--systemctl", machine.folder / "systemctl")]
    del words[words.index("--root") : words.index("--root") + 2]
    path = f"{machine.folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        [*words, *more, "--dry-run"],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
