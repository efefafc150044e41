"""The worker's own proof of its rights, in the sandbox as it stands."""

from tests.support.rig import Rig


def test_in_the_sandbox_the_worker_has_what_it_needs_and_no_more(rig: Rig) -> None:
    """Given a company in good health, when the worker checks itself, then everything passes."""
    done = rig.check_worker()
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "30 passed, 5 not applicable"


def test_a_host_that_exports_nothing_is_found_before_anybody_waits_for_it(rig: Rig) -> None:
    """Given the Connect host is in staging mode, when checked, then that and why is said."""
    with rig.connect_host(staging=True):
        done = rig.check_worker()
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("failed")]
    assert "connect-host-staging" in line
    assert "it exports nothing and writes no password back" in line
