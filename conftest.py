"""What holds for every test: where it runs, and that nothing which it has started outlives it."""

from contextlib import ExitStack

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from sandbox.guardian import guarded

# An example that is slow on a busy machine says nothing of the code.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")

_SHARING = {
    f"tests/e2e/test_{file}.py": sandbox
    for sandbox, files in {
        "in peace": (
            "bad_input",
            "connect_trouble",
            "enrolment",
            "health",
            "hr_systems",
            "password_reset",
            "private_files",
            "refusals",
            "worker_check",
        ),
        "in trouble": ("back_a_version", "brake", "crashes", "restart", "stop"),
        "a rollout": ("rollout_waves", "source_of_authority"),
        "a rollout in trouble": ("rollout_trouble", "sspr_switched"),
        "the runbook": (
            "situations_endings",
            "situations_groups",
            "situations_leaving",
            "situations_people",
            "situations_worker",
        ),
    }.items()
    for file in files
}
"""Which files' tests share a sandbox. No more than need be: on one process, the end-to-end tests
alone took longer than everything else on the other three."""


def pytest_configure(config: pytest.Config) -> None:
    """Guard the whole run, and each process of a run that is spread over several."""
    guard = ExitStack()
    guard.enter_context(guarded())
    config.add_cleanup(guard.close)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Refuse parameters without an order: each process would deal the tests in another one."""
    for mark in metafunc.definition.iter_markers("parametrize"):
        given = mark.args[1] if len(mark.args) > 1 else mark.kwargs.get("argvalues")
        if isinstance(given, set | frozenset):
            name = metafunc.definition.nodeid
            raise pytest.UsageError(f"{name}: {mark.args[0]} has no order; sort its values")


class Groups(LoadScopeScheduling):  # type: ignore[misc]  # published without types
    """Deals whole groups of tests to the processes: what shares a sandbox, else a file.

    xdist's own groups by mark do nothing under pytest 9.2, silently (xdist 3.8.0, November 2026:
    it writes an attribute that pytest no longer has).
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return _SHARING.get(file, file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    """Deal in the order of the collection: the longest first, so that all end at about one time."""
    config.option.loadscopereorder = False
    return Groups(config, log)
