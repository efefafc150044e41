"""Every use case on a world in memory: no process, no network, no clock."""

from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.support.stage import Stage, a_stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    """An empty one; whatever was to happen in a race has to have happened by the end."""
    stage = a_stage()
    yield stage
    assert stage.turns.unused() == []


@pytest.fixture
def signals() -> Iterator[list[EventDict]]:
    """Whatever is signalled meanwhile."""
    with capture_logs() as lines:
        yield lines
