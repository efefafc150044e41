"""What is started and compiled once for all tests."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.infra.compiler import INFRA, Compiler


@pytest.fixture(scope="session")
def compiler() -> Iterator[Compiler]:
    """The real one, started: it takes seconds to."""
    with Compiler.started() as started:
        yield started


@pytest.fixture(scope="session")
def template(compiler: Compiler) -> dict[str, Any]:
    """The whole deployment, compiled."""
    made, _ = compiler.compiled(INFRA / "main.bicep")
    return made


@pytest.fixture(scope="session")
def parameters(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Those that the deployment takes, with type, default and description."""
    taken: dict[str, dict[str, Any]] = template["parameters"]
    return taken
