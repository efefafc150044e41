"""A worker that is installed once, and put back for each test."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.support.linux_machine import WITH_ARC, Machine


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


@pytest.fixture
def with_arc(installed: Machine) -> Machine:
    """Where the agent was on the machine when the worker was installed."""
    installed.arc_agent(there=True)
    done = installed.install()
    assert (done.returncode, installed.drop_ins()) == (0, WITH_ARC), done.stderr
    installed.active = True
    installed.asked()
    return installed
