"""The handing over of log lines to the exporter's thread."""

import logging
from collections.abc import Iterator
from queue import SimpleQueue
from uuid import uuid4

import pytest

from shared.adapters.telemetry import _Handover


class Exporter(logging.Handler):
    """Sends the lines that it can send."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: SimpleQueue[str] = SimpleQueue()

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == "impossible":
            raise ValueError("no such attribute")
        self.sent.put(str(record.msg))


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    found = logging.getLogger(f"test-{uuid4()}")
    found.setLevel(logging.INFO)
    found.propagate = False
    yield found
    found.handlers.clear()


def test_a_line_that_cannot_be_sent_is_said_and_keeps_no_other_back(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    exporter = Exporter()
    logger.addHandler(_Handover(lambda: exporter))
    for line in ("first", "impossible", "last"):
        logger.info(line)
    assert [exporter.sent.get(timeout=10) for _ in range(2)] == ["first", "last"]
    assert "no such attribute" in capsys.readouterr().err
