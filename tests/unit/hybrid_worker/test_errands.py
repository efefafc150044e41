"""Errands: each in a thread of its own, and not without end of them."""

from collections.abc import Iterator
from threading import Event

import pytest

from hybrid_worker.delta_sync.errands import ErrandThreads
from hybrid_worker.delta_sync.problems import SyncProblem, SyncRefused
from sandbox.testing.waiting import PATIENCE, wait_until


@pytest.fixture
def release() -> Iterator[Event]:
    release = Event()
    yield release
    release.set()


def test_who_begins_an_errand_waits_for_none(release: Event) -> None:
    threads = ErrandThreads()
    hanging = threads.begin(release.wait)
    quick = threads.begin(lambda: "answer")
    assert quick.wait(PATIENCE)
    assert (quick.result(), hanging.is_done) == ("answer", False)
    release.set()
    assert hanging.wait(PATIENCE)


def test_too_many_that_hang_keep_others_from_being_begun_until_they_end(release: Event) -> None:
    threads = ErrandThreads()
    lost = [threads.begin(release.wait) for _ in range(4)]
    with pytest.raises(SyncRefused) as refused:
        threads.begin(lambda: None)
    assert refused.value.problem is SyncProblem.HANGS
    release.set()
    assert all(errand.wait(PATIENCE) for errand in lost)
    # A thread is over a moment after its errand.
    wait_until(lambda: begins(threads))


def begins(threads: ErrandThreads) -> bool:
    try:
        return threads.begin(lambda: None).wait(PATIENCE)
    except SyncRefused:
        return False


def test_what_nobody_foresaw_is_a_host_out_of_reach_and_no_threads_end() -> None:
    nothing: dict[str, str] = {}
    errand = ErrandThreads().begin(lambda: nothing["at all"])
    assert errand.wait(PATIENCE)
    with pytest.raises(SyncRefused, match="KeyError") as refused:
        errand.result()
    assert refused.value.problem is SyncProblem.UNREACHABLE
