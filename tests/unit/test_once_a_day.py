"""A check of CI's that is due once a day: when it runs, and what stands in where it cannot."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.repository import ROOT

CANNOT_BE_RUN = 75


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def check(cache: Path, status: int, *, of: str = "Makefile", ci: bool = True) -> tuple[int, str]:
    """Ask for a check that would end with `status`."""
    command = ["sh", "-c", f"echo it ran; exit {status}"]
    done = subprocess.run(
        [ROOT / ".ci/once-a-day", "planted", of, "--", *command],
        env={**os.environ, "XDG_CACHE_HOME": str(cache), "CI": "true" if ci else ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def passed_before(cache: Path, ago: timedelta) -> None:
    assert check(cache, 0)[0] == 0
    (stamp,) = cache.rglob("planted")
    then = stamp.stat().st_mtime - ago.total_seconds()
    os.utime(stamp, (then, then))


def test_a_success_is_good_for_a_day_and_for_these_files(cache: Path) -> None:
    passed_before(cache, timedelta(hours=23))
    assert "it ran" not in check(cache, 1)[1]
    assert check(cache, 3, of="uv.lock")[0] == 3
    passed_before(cache, timedelta(hours=25))
    assert check(cache, 3)[0] == 3


def test_a_failure_is_remembered_by_nobody(cache: Path) -> None:
    assert [check(cache, 1)[0] for _ in range(2)] == [1, 1]


def test_what_cannot_be_run_fails_ci_unless_a_success_of_the_week_stands_in(cache: Path) -> None:
    status, told = check(cache, CANNOT_BE_RUN)
    assert (status, "NOT PROVED" in told) == (1, True)
    passed_before(cache, timedelta(days=6))
    status, told = check(cache, CANNOT_BE_RUN)
    assert (status, "stands in" in told) == (0, True)
    assert check(cache, CANNOT_BE_RUN, of="uv.lock")[0] == 1
    passed_before(cache, timedelta(days=8))
    assert check(cache, CANNOT_BE_RUN)[0] == 1


def test_a_developer_is_told_that_it_could_not_be_run(cache: Path) -> None:
    status, told = check(cache, CANNOT_BE_RUN, ci=False)
    assert (status, "NOT PROVED" in told) == (0, True)
