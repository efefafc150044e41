"""What has ended counts as ended, even where nobody asks for it."""

import subprocess
from collections.abc import Iterator

import psutil
import pytest

from sandbox.processes import children, command_line, lives, wait_for_ends
from sandbox.testing.waiting import wait_until

# Starts a child that ends at once, and never asks what became of it.
NEGLECTFUL = "sleep 0 & echo $!; exec sleep 600"


@pytest.fixture
def unasked_for() -> Iterator[psutil.Process]:
    with subprocess.Popen(["sh", "-c", NEGLECTFUL], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        wait_until(lambda: child.status() == psutil.STATUS_ZOMBIE)
        yield child
        parent.kill()


def test_an_end_that_nobody_asked_for_is_one(unasked_for: psutil.Process) -> None:
    assert psutil.pid_exists(unasked_for.pid)
    assert not lives(unasked_for)
    assert not lives(unasked_for.pid)
    assert wait_for_ends([unasked_for], 60) == []


def test_what_has_ended_is_nobodys_child_and_has_no_words(unasked_for: psutil.Process) -> None:
    parent = unasked_for.parent()
    assert parent is not None
    assert unasked_for in parent.children()
    assert children(parent.pid) == []
    assert parent in children()
    assert unasked_for not in children(and_theirs=True)
    wait_until(lambda: command_line(parent) == ["sleep", "600"])
    assert command_line(unasked_for) == []


def test_whoever_lives_is_waited_for_so_long_and_no_longer() -> None:
    with subprocess.Popen(["sleep", "600"]) as process:
        alive = psutil.Process(process.pid)
        assert lives(alive)
        assert wait_for_ends([alive], 0.2) == [alive]
        alive.kill()
        assert wait_for_ends([alive], 60) == []
        process.returncode = 0
