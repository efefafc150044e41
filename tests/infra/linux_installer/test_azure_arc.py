"""The group of Azure Arc's agent, which the worker gets by a drop-in where the agent is."""

import shutil

import pytest

from tests.support.linux_machine import (
    ARC,
    NO_ARC,
    STARTED_AGAIN,
    UNITS,
    UNTOUCHED,
    WITH_ARC,
    Machine,
    dry_run_on_this_machine,
    stand_in_for_getent,
)


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
