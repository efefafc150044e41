"""What every test module leaves behind is collected before the next one begins."""

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _collect_leaked_sockets() -> Iterator[None]:
    """The SDKs leave a socket to the collector when its server was killed under them.

    Collected later, it would fail a test that has nothing to do with it.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
