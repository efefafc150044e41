"""The installer for Linux, below a folder, with real environments and a stand-in for systemctl."""

import hashlib
import json
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
    for name in UNITS:
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


UNTOUCHED = "All is as it should be: nothing has been changed.\n"
STARTED_AGAIN = "Up to date, and started again.\n"
NO_ARC: dict[str, list[str]] = {}
WITH_ARC = {unit: [ARC] for unit in UNITS}


@pytest.fixture
def with_arc(installed: Machine) -> Machine:
    """Where the agent was on the machine when the worker was installed."""
    installed.arc_agent(there=True)
    done = installed.install()
    assert (done.returncode, installed.drop_ins()) == (0, WITH_ARC), done.stderr
    installed.active = True
    installed.asked()
    return installed


def test_an_agent_of_azure_arc_that_comes_later_is_taken_up_by_the_next_run(
    installed: Machine,
) -> None:
    installed.arc_agent(there=False)
    installed.active = True
    assert installed.install().stdout == UNTOUCHED
    assert (installed.drop_ins(), installed.wants_groups()) == (NO_ARC, [False, False])
    installed.arc_agent(there=True)
    done = installed.install()
    assert (done.returncode, done.stdout) == (0, STARTED_AGAIN), done.stderr
    told = ["stop sspr-worker.service", "daemon-reload", "start sspr-worker.service"]
    assert installed.asked() == told
    assert (installed.drop_ins(), installed.wants_groups()) == (WITH_ARC, [True, True])
    for file in installed.units.glob("*.d/*"):
        assert file.read_bytes() == installed.shipped.read_bytes()
        assert file.stat().st_mode & 0o777 == 0o644
    before = installed.picture()
    assert installed.install().stdout == UNTOUCHED
    assert (installed.picture(), installed.asked()) == (before, [])


@pytest.mark.parametrize("runs", [True, False])
def test_where_the_agent_is_gone_the_next_run_lets_the_worker_start_without_it(
    with_arc: Machine, *, runs: bool
) -> None:
    if not runs:
        with_arc.active = False
    with_arc.arc_agent(there=False)
    done = with_arc.install()
    assert done.returncode == 0, done.stderr
    assert (with_arc.drop_ins(), with_arc.wants_groups()) == (NO_ARC, [False, False])
    assert (with_arc.active, with_arc.leftovers()) == (runs, [])
    before = with_arc.picture()
    assert with_arc.install().stdout == UNTOUCHED
    assert with_arc.picture() == before


def test_without_the_agent_updates_go_on_whatever_was_taken_out_of_the_units_by_hand(
    installed: Machine,
) -> None:
    """As earlier versions told people to do, whose every update then failed."""
    installed.arc_agent(there=False)
    for unit in UNITS:
        shipped = (installed.repository / "infra/worker/linux" / unit).read_text()
        (installed.units / unit).write_text(f"{shipped}# a line was taken out here\n")
    installed.active = True
    for version in ("2", "3"):
        installed.update(version)
        done = installed.install()
        assert (done.returncode, done.stdout) == (0, STARTED_AGAIN), done.stderr
        assert f"'{version}'" in installed.version
        assert (installed.active, installed.wants_groups()) == (True, [False, False])


def test_a_unit_that_wants_a_group_which_is_not_there_is_not_kept(installed: Machine) -> None:
    """By which the test before this one would see it."""
    installed.active = True
    unit = installed.repository / "infra/worker/linux" / UNITS[0]
    unit.write_text(unit.read_text().replace("DynamicUser=", "SupplementaryGroups=x\nDynamicUser="))
    done = installed.install()
    assert done.returncode != 0
    assert "216/GROUP" in done.stderr
    assert "what was there before is there again" in done.stderr
    assert (installed.active, installed.wants_groups()) == (True, [False, False])


@pytest.mark.parametrize("refused", ["daemon-reload", "start"])
@pytest.mark.parametrize("change", ["comes", "another", "goes"])
def test_what_was_there_of_azure_arc_comes_back_when_the_worker_does_not_start(
    with_arc: Machine, change: str, refused: str
) -> None:
    machine = with_arc
    if change == "another":
        machine.shipped.write_text(machine.shipped.read_text() + "# new\n")
    elif change == "comes":
        assert machine.install("--arc", "no").returncode == 0
    more = ("--arc", "no") if change == "goes" else ()
    before = machine.drop_ins()
    texts = [file.read_text() for file in machine.units.glob("*.d/*")]
    (machine.folder / "refuses").write_text(refused)
    done = machine.install(*more)
    assert done.returncode != 0
    assert "what was there before is there again" in done.stderr
    assert machine.drop_ins() == before
    assert [file.read_text() for file in machine.units.glob("*.d/*")] == texts
    assert (machine.active, machine.leftovers()) == (True, [])
    assert machine.install(*more).stdout == STARTED_AGAIN
    assert machine.drop_ins() == (NO_ARC if change == "goes" else WITH_ARC)
    assert (machine.active, machine.leftovers()) == (True, [])


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("cut_off", ["making", "coming", "another", "going"])
def test_a_run_that_was_cut_off_amid_azure_arc_is_put_right_by_the_next_one(
    with_arc: Machine, cut_off: str, *, there: bool
) -> None:
    """With the agent there and not, whichever it was for the run that was cut off."""
    machine = with_arc
    one, other = (machine.units / f"{unit}.d" / ARC for unit in UNITS)
    if cut_off == "making":
        one.rename(f"{one}.new")
        other.unlink()
    elif cut_off == "coming":
        one.rename(f"{one}.new")
    elif cut_off == "another":
        one.rename(f"{one}.old")
        shutil.copy(f"{one}.old", f"{one}.new")
        shutil.copy(other, f"{other}.old")
        other.write_text(other.read_text() + "# newer\n")
    else:
        one.rename(f"{one}.old")
    machine.app.with_name("sspr-worker.interrupted").touch()
    machine.active = False
    machine.arc_agent(there=there)
    done = machine.install()
    assert (done.returncode, done.stdout) == (0, STARTED_AGAIN), done.stderr
    assert machine.drop_ins() == (WITH_ARC if there else NO_ARC)
    assert all(
        file.read_bytes() == machine.shipped.read_bytes() for file in machine.units.glob("*.d/*")
    )
    assert (machine.active, machine.leftovers()) == (True, [])


@pytest.mark.parametrize("there", [True, False])
def test_a_dry_run_says_what_would_become_of_azure_arc_and_does_nothing(
    with_arc: Machine, *, there: bool
) -> None:
    with_arc.arc_agent(there=False)
    if there:
        assert with_arc.install().returncode == 0
        with_arc.arc_agent(there=True)
    with_arc.asked()
    before = with_arc.picture()
    done = with_arc.install("--dry-run")
    assert done.returncode == 0, done.stderr
    for unit in UNITS:
        file = with_arc.units / f"{unit}.d" / ARC
        change = f"{file}.new {file}" if there else f"{file} {file}.old"
        assert f"would run: mv -T {change}\n" in done.stdout
        assert (f"{with_arc.shipped} {file}.new\n" in done.stdout) is there
    assert (with_arc.picture(), with_arc.asked(), with_arc.active) == (before, [], True)


def test_drop_ins_of_ones_own_stay_as_they_are_and_win(with_arc: Machine) -> None:
    """One of `systemctl edit`, and one for both units, through all that the installer does."""
    own = with_arc.units / "sspr-worker.service.d/override.conf"
    both = with_arc.units / "sspr-.service.d/secrets.conf"
    own.write_text("[Service]\nSupplementaryGroups=\nNice=5\n")
    both.parent.mkdir()
    both.write_text("[Service]\nLoadCredential=winrm:/etc/sspr-worker/winrm.password\n")
    before = {path: found for path, found in with_arc.picture().items() if path.endswith(".conf")}
    kept = {str(file): before[str(file)] for file in (own, both)}

    def both_stay() -> bool:
        there = with_arc.picture()
        return {path: there.get(path) for path in kept} == kept

    assert with_arc.wants_groups() == [False, True]
    assert with_arc.install().stdout == UNTOUCHED
    assert both_stay()
    with_arc.update("2")
    (with_arc.folder / "refuses").write_text("start")
    assert with_arc.install().returncode != 0
    assert both_stay()
    assert with_arc.install().stdout == STARTED_AGAIN
    assert both_stay()
    with_arc.arc_agent(there=False)
    assert with_arc.install().stdout == STARTED_AGAIN
    assert both_stay()
    assert with_arc.drop_ins() == {
        "sspr-worker.service": ["override.conf"],
        "sspr-.service": ["secrets.conf"],
    }


@pytest.mark.parametrize(
    ("group_of_image", "said", "there"),
    [
        ("himds", [], True),
        ("himds", ["--arc", "no"], False),
        ("another", [], False),
        ("another", ["--arc", "yes"], True),
        (None, [], False),
        (None, ["--arc", "yes"], True),
    ],
)
def test_of_an_image_its_own_groups_count_unless_it_is_said(
    installed: Machine, group_of_image: str | None, said: list[str], *, there: bool
) -> None:
    """Those of the machine that builds it never do."""
    stand_in_for_getent(installed, 2 if there else 0)
    installed.arc_agent(there=group_of_image == "himds")
    if group_of_image is None:
        (installed.root / "etc/group").unlink()
    done = installed.install(*said)
    assert done.returncode == 0, done.stderr
    assert installed.drop_ins() == (WITH_ARC if there else NO_ARC)
    assert ("no group himds" in done.stderr) is (not there and not said)


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


@pytest.mark.parametrize(("status", "there"), [(0, True), (2, False)])
def test_of_a_machine_that_is_installed_on_its_groups_count(
    installed: Machine, status: int, *, there: bool
) -> None:
    stand_in_for_getent(installed, status)
    done = dry_run_on_this_machine(installed)
    assert done.returncode == 0, done.stderr
    for unit in UNITS:
        new = f"{installed.shipped} /etc/systemd/system/{unit}.d/{ARC}.new\n"
        assert (new in done.stdout) is there
    assert ("no group himds" in done.stderr) is not there


def test_where_groups_cannot_be_asked_nothing_is_taken_for_said(installed: Machine) -> None:
    stand_in_for_getent(installed, 3)
    done = dry_run_on_this_machine(installed)
    assert done.returncode == 2
    assert "cannot say whether there is a group himds (status 3)" in done.stderr
    assert "would run" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "give --wheelhouse"),
        (["--wheelhouse", "/nowhere"], "there is no /nowhere/requirements.txt: build a wheelhouse"),
        (["--whelhouse", "x"], "--whelhouse: there is no such option"),
        (["--keytab", "/nowhere"], "name the account's keytab with --keytab"),
        (["--python", "/nowhere"], "name Python 3.13 with --python"),
        (["--python", "false"], "false is not Python 3.13: name one with --python"),
        (["--arc", "maybe"], "--arc maybe: say yes or no"),
    ],
)
def test_the_installer_refuses_what_it_cannot_use_and_says_what_to_give(
    made: Machine, arguments: list[str], complaint: str
) -> None:
    words: list[str | Path] = [made.script, *arguments]
    if arguments and arguments[0] in {"--arc", "--keytab", "--python"}:
        words = made.words(*arguments)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_arc_is_not_said_of_a_machine_that_the_installer_sees_for_itself(
    installed: Machine,
) -> None:
    """The next run, without it, would undo what it did."""
    done = dry_run_on_this_machine(installed, "--arc", "no")
    assert done.returncode == 2
    assert "--arc is for --root alone" in done.stderr
    assert "would run" not in done.stdout


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
