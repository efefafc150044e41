"""The watchdog's two duties: to end what hangs, and to tell the supervisor of what does not."""

import socket
from pathlib import Path
from queue import Queue

import pytest
from structlog.testing import capture_logs

from hybrid_worker.watchdog import EXIT_STATUS, Watchdog, told_to

PATIENCE = 30


def nobody(_: bytes) -> None:
    """No supervisor."""


def test_a_loop_that_no_longer_turns_ends_the_process(capfd: pytest.CaptureFixture[str]) -> None:
    ended: Queue[int] = Queue()
    dog = Watchdog(0.02, nobody, end=ended.put, look_every=0.01)

    with capture_logs() as lines, dog.watching():
        assert ended.get(timeout=PATIENCE) == EXIT_STATUS

    assert [line["event"] for line in lines] == ["loop-stuck"]
    assert "test_watchdog.py" in capfd.readouterr().err, "it tells where the process hangs"


def test_a_loop_that_turns_is_let_alone_and_told_of() -> None:
    ended: Queue[int] = Queue()
    told: Queue[bytes] = Queue()
    dog = Watchdog(600, told.put, end=ended.put, look_every=0.01)

    with dog.watching():
        seen = [told.get(timeout=PATIENCE) for _ in range(2)]
        dog.turned()

    assert seen == [b"READY=1", b"WATCHDOG=1"]
    assert ended.empty()


def test_once_it_is_over_nobody_is_ended() -> None:
    ended: Queue[int] = Queue()
    told: Queue[bytes] = Queue()
    dog = Watchdog(600, told.put, end=ended.put)

    with dog.watching():
        pass

    assert (told.get(), told.get(), told.empty(), ended.empty()) == (
        b"READY=1",
        b"STOPPING=1",
        True,
        True,
    )


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_the_supervisor_is_told_through_its_socket(kind: str, tmp_path: Path) -> None:
    name = str(tmp_path / "notify") if kind == "file" else f"@sspr-{tmp_path.name}-{id(kind)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind("\0" + name[1:] if kind == "abstract" else name)

        told_to(name)(b"READY=1")

        supervisor.settimeout(PATIENCE)
        assert supervisor.recv(100) == b"READY=1"


def test_a_supervisor_that_is_gone_stops_nothing(tmp_path: Path) -> None:
    told_to(str(tmp_path / "nobody"))(b"WATCHDOG=1")
    told_to(None)(b"WATCHDOG=1")
