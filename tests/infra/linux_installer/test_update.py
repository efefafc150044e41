"""A newer version over an older one: as if nothing had been, whatever goes wrong."""

import os
import signal
import subprocess

import pytest

from tests.support.linux_machine import Machine


def test_a_second_run_changes_nothing_more(installed: Machine) -> None:
    installed.active = True
    before = installed.picture()
    done = installed.install()
    assert (done.returncode, done.stdout) == (
        0,
        "All is as it should be: nothing has been changed.\n",
    )
    assert (installed.picture(), installed.active, installed.asked()) == (before, True, [])


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
