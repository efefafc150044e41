"""The installer for Linux, below a folder, with real environments and a stand-in for systemctl."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.contracts.messages.version import VERSION
from tests.support.repository import ROOT

PARTS = ("hybrid_worker", "shared", "infra/worker", "worker.env.sample")
SYSTEMCTL = """#!/bin/sh
echo "$*" >> {folder}/asked
if [ "$1" = is-active ]; then test -f {folder}/active; exit; fi
if [ -f {folder}/refuses ] && [ "$1" = "$(cat {folder}/refuses)" ]; then
  rm {folder}/refuses; echo "a reason" >&2; exit 1
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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Where root, who lets nobody read anything, has installed the worker."""
    machine = Machine(tmp_path_factory.mktemp("made"))
    before = os.umask(0o077)
    try:
        done = machine.install()
    finally:
        os.umask(before)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Installed, and not started.")
    return machine


@pytest.fixture
def installed(made: Machine) -> Iterator[Machine]:
    """The same place, since an environment names the folders that it was made in."""
    kept = made.folder.with_name(f"{made.folder.name}-kept")
    shutil.copytree(made.folder, kept, symlinks=True)
    made.asked()
    yield made
    shutil.rmtree(made.folder)
    kept.rename(made.folder)


def test_a_dry_run_says_what_it_would_do_does_nothing_and_promises_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    done = machine.install("--dry-run")
    assert done.returncode == 0, done.stderr
    assert f"would run: {machine.app}.new/.venv/bin/python -m pip install" in done.stdout
    assert "--no-index" in done.stdout
    assert "--require-hashes" in done.stdout
    assert done.stdout.endswith("This was a trial: nothing has been changed.\n")
    assert "Installed" not in done.stdout
    assert not machine.root.exists()
    assert machine.asked() == []


def test_a_dry_run_over_a_worker_that_runs_leaves_it_alone(installed: Machine) -> None:
    installed.active = True
    installed.update("2")
    before = installed.picture()
    done = installed.install("--dry-run")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    stop = next(i for i, line in enumerate(lines) if line.endswith(" stop sspr-worker.service"))
    assert next(i for i, line in enumerate(lines) if "pip install" in line) < stop
    assert stop < next(i for i, line in enumerate(lines) if "would run: mv -T" in line)
    assert lines[-1] == "This was a trial: nothing has been changed."
    assert (installed.picture(), installed.active, installed.asked()) == (before, True, [])


def test_the_worker_knows_the_commit_of_a_clone_and_of_an_archive(tmp_path: Path) -> None:
    """And nothing but its number where the repository came without either."""
    machine = Machine(tmp_path)

    def told() -> str:
        done = machine.install()
        assert done.returncode == 0, done.stderr
        asks = "from shared.contracts.messages.version import *; print(running_version())"
        words: list[str | Path] = [machine.app / ".venv/bin/python", "-c", asks]
        return subprocess.check_output(words, cwd=machine.app, text=True).strip()

    assert told() == VERSION
    machine.update("2")
    (machine.repository / "infra/worker/commit.txt").write_text("0123abc\n")
    assert told() == f"{VERSION}+0123abc"
    git: list[str | Path] = ["git", "-C", machine.repository]
    git += ["-c", "user.name=ada", "-c", "user.email=a@b.test"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *words], check=True)
    machine.update("3")
    head = subprocess.check_output([*git, "rev-parse", "--short", "HEAD"], text=True).strip()
    assert told() == f"{VERSION}+{head}.changed"


def test_an_archive_of_the_repository_names_its_commit() -> None:
    """By the attribute of the file; in a clone it stays as it is, and counts for nothing."""
    attributes = (ROOT / ".gitattributes").read_text()
    assert "infra/worker/commit.txt export-subst\n" in attributes
    assert (ROOT / "infra/worker/commit.txt").read_text() == "$Format:%h$\n"


def test_a_second_run_changes_nothing_more(installed: Machine) -> None:
    installed.active = True
    before = installed.picture()
    done = installed.install()
    assert (done.returncode, done.stdout) == (
        0,
        "All is as it should be: nothing has been changed.\n",
    )
    assert (installed.picture(), installed.active, installed.asked()) == (before, True, [])


def test_what_was_left_in_the_clone_by_work_is_not_installed(made: Machine) -> None:
    (made.repository / "hybrid_worker/__pycache__").mkdir(exist_ok=True)
    assert not (made.app / "hybrid_worker/__pycache__").exists()
    assert made.install("--dry-run").stdout.count("would run") == 0


def test_an_update_starts_again_what_it_stopped_and_works_where_it_is(installed: Machine) -> None:
    installed.active = True
    installed.update("2")
    done = installed.install()
    assert (done.returncode, done.stdout) == (0, "Up to date, and started again.\n"), done.stderr
    told = ["stop sspr-worker.service", "daemon-reload", "start sspr-worker.service"]
    assert installed.asked() == told
    assert (installed.active, installed.leftovers()) == (True, [])
    python = installed.app / ".venv/bin/python"
    code = "import hybrid_worker.version as v, sys; print(v.VERSION, v.__file__, sys.prefix)"
    done = subprocess.run(
        [python, "-c", code], cwd=installed.app, capture_output=True, text=True, check=True
    )
    module = installed.app / "hybrid_worker/version.py"
    assert done.stdout.split() == ["2", str(module), str(installed.app / ".venv")]
    assert [
        file.name for file in (installed.app / ".venv/bin").iterdir() if not file.is_symlink()
    ] == []


def test_an_update_of_a_worker_that_was_stopped_does_not_start_it(installed: Machine) -> None:
    installed.update("2")
    assert installed.install().returncode == 0
    assert installed.asked() == ["daemon-reload"]
    assert "'2'" in installed.version


@pytest.mark.parametrize("fault", ["a package", "the code"])
def test_a_version_that_cannot_be_made_leaves_the_worker_alone(
    installed: Machine, fault: str
) -> None:
    installed.active = True
    installed.update("2")
    if fault == "a package":
        next((installed.folder / "wheelhouse").glob("*.whl")).write_bytes(b"cut off")
    else:
        (installed.repository / "hybrid_worker/bootstrap.py").write_text("import nothing_of_it\n")
    before = installed.picture()
    done = installed.install()
    assert done.returncode != 0
    assert done.stderr.endswith(
        "The new version could not be made, and the worker was left as it is. Fix what stands "
        "above, and run this again.\n"
    )
    after = {path: found for path, found in installed.picture().items() if "/opt" in path}
    assert {path: one[2] for path, one in after.items()} == {
        path: one[2] for path, one in before.items() if "/opt" in path
    }
    assert (installed.active, installed.asked(), installed.leftovers()) == (True, [], [])


def test_the_old_version_comes_back_when_the_new_one_cannot_take_its_place(
    installed: Machine,
) -> None:
    installed.active = True
    installed.update("2")
    unit = installed.repository / "infra/worker/linux/sspr-worker.service"
    unit.write_text(unit.read_text() + "# new\n")
    (installed.folder / "refuses").write_text("start")
    done = installed.install()
    assert done.returncode != 0
    assert "what was there before is there again" in done.stderr
    assert "fix it, and run this again" in done.stderr
    assert installed.version == ""
    there = installed.root / "etc/systemd/system/sspr-worker.service"
    assert "# new" not in there.read_text()
    assert (installed.active, installed.leftovers()) == (True, [])
    assert installed.install().stdout == "Up to date, and started again.\n"
    assert "'2'" in installed.version
    assert "# new" in there.read_text()


def test_an_installation_that_was_cut_off_between_two_names_is_put_right(
    installed: Machine,
) -> None:
    """As a loss of power would leave it: stopped, the old one aside, the new one half there."""
    installed.app.rename(f"{installed.app}.old")
    half = installed.app.with_name("sspr-worker.new") / "hybrid_worker"
    half.mkdir(parents=True)
    installed.app.with_name("sspr-worker.interrupted").touch()
    done = installed.install()
    assert (done.returncode, done.stdout) == (0, "Up to date, and started again.\n"), done.stderr
    assert (installed.app / "hybrid_worker/__main__.py").exists()
    assert (installed.active, installed.leftovers()) == (True, [])


def test_an_update_that_is_interrupted_puts_the_old_version_back(installed: Machine) -> None:
    installed.active = True
    installed.update("2")
    told = installed.folder / "told"
    os.mkfifo(told)
    systemctl = installed.folder / "systemctl"
    # Waits amid the change of places until the script is interrupted, then lets it go on.
    text = systemctl.read_text()
    waits = f'if [ "$1" = daemon-reload ] && [ ! -f {told}.once ]; then touch {told}.once; '
    systemctl.write_text(f"{text}{waits}echo here > {told}; cat {told} > /dev/null; fi\n")
    words = installed.words("--systemctl", systemctl)
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as script:
        assert told.read_text() == "here\n"
        script.send_signal(signal.SIGTERM)
        told.write_text("on\n")
        _, said = script.communicate()
    assert script.returncode != 0
    assert "what was there before is there again" in said
    assert installed.version == ""
    assert (installed.active, installed.leftovers()) == (True, [])


def test_settings_are_written_once_and_a_new_keytab_is_taken(installed: Machine) -> None:
    settings = installed.root / "etc/sspr-worker/worker.env"
    settings.write_text("SSPR_WORKER_BATCH=10\n")
    keytab = installed.folder / "it's a.keytab"
    keytab.write_bytes(b"keys")
    installed.active = True
    assert installed.install("--keytab", keytab).stdout == "Up to date, and started again.\n"
    there = installed.root / "etc/sspr-worker/worker.keytab"
    assert (there.read_bytes(), there.stat().st_mode & 0o777) == (b"keys", 0o600)
    assert settings.read_text() == "SSPR_WORKER_BATCH=10\n"
    said = installed.install("--keytab", keytab).stdout
    assert said == "All is as it should be: nothing has been changed.\n"


def test_the_services_user_can_read_what_is_installed_whatever_the_mask_of_root(
    made: Machine,
) -> None:
    paths = [made.app, *made.app.rglob("*")]
    assert made.app / "hybrid_worker/__main__.py" in paths
    for path in paths:
        needed = 0o555 if path.is_dir() else 0o444
        assert path.is_symlink() or path.stat().st_mode & needed == needed, path


def test_the_settings_which_may_hold_a_password_are_roots_and_go_to_both_units_as_a_credential(
    made: Machine,
) -> None:
    settings = made.root / "etc/sspr-worker/worker.env"
    assert settings.stat().st_mode & 0o777 == 0o600
    for name in ("sspr-worker.service", "sspr-worker-check.service"):
        lines = (made.root / "etc/systemd/system" / name).read_text().splitlines()
        assert "LoadCredential=worker.env:/etc/sspr-worker/worker.env" in lines
        (starts,) = (one for one in lines if one.startswith("ExecStart="))
        assert starts.endswith(" --settings %d/worker.env")


def test_settings_that_an_older_installer_left_readable_are_closed_once_all_has_gone_well(
    installed: Machine,
) -> None:
    settings = installed.root / "etc/sspr-worker/worker.env"
    settings.chmod(0o644)
    installed.update("2")
    installed.active = True
    (installed.folder / "refuses").write_text("daemon-reload")
    assert installed.install().returncode != 0
    assert settings.stat().st_mode & 0o777 == 0o644, "the older unit that came back reads them"
    assert installed.install().returncode == 0
    assert settings.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give --wheelhouse"),
        (["--wheelhouse", "/nowhere"], "there is no /nowhere/requirements.txt: build a wheelhouse"),
        (["--whelhouse", "x"], "--whelhouse: there is no such option"),
        (["--keytab", "/nowhere"], "name the account's keytab with --keytab"),
        (["--python", "/nowhere"], "name Python 3.13 with --python"),
        (["--python", "false"], "false is not Python 3.13: name one with --python"),
    ],
)
def test_the_installer_refuses_what_it_cannot_use_and_says_what_to_give(
    made: Machine, arguments: list[str], complaint: str
) -> None:
    words: list[str | Path] = [made.script, *arguments]
    if arguments and arguments[0] in {"--keytab", "--python"}:
        words = made.words(*arguments)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_the_wheelhouse_of_another_version_is_refused_before_anything_is_changed(
    installed: Machine,
) -> None:
    pins = installed.repository / "hybrid_worker/requirements.txt"
    pins.write_text(pins.read_text().replace("\n", "\r\n"), newline="")
    assert installed.install("--dry-run").returncode == 0, "the ends of lines are git's"
    pins.write_text(pins.read_text() + "another==1.0\n")
    before = installed.picture()
    done = installed.install()
    assert done.returncode == 2
    assert "another version's hybrid_worker/requirements.txt: build one from this" in done.stderr
    assert installed.picture() == before


def test_the_installer_tells_of_all_its_options_and_does_nothing(made: Machine) -> None:
    done = subprocess.run([made.script, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    offered = re.findall(r"^ +(--\w[\w-]*)\)", made.script.read_text(), re.MULTILINE)
    assert offered
    assert all(option in done.stdout for option in offered)
    assert "#" not in done.stdout
