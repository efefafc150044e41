"""The installer for Linux: what it installs, for whom, and what it refuses."""

import re
import subprocess
from pathlib import Path

import pytest

from shared.contracts.messages.version import VERSION
from tests.support.linux_machine import UNITS, Machine, dry_run_on_this_machine
from tests.support.repository import ROOT


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


def test_what_was_left_in_the_clone_by_work_is_not_installed(made: Machine) -> None:
    (made.repository / "hybrid_worker/__pycache__").mkdir(exist_ok=True)
    assert not (made.app / "hybrid_worker/__pycache__").exists()
    assert made.install("--dry-run").stdout.count("would run") == 0


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
