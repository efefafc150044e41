"""What is compiled once for all tests: the compiler takes seconds to start."""

from typing import Any

import pytest

from tests.infra import compiler
from tests.infra.compiler import EXAMPLES, INFRA, Ran, bicep, snapshots


@pytest.fixture(scope="session")
def built() -> Ran:
    """The whole deployment, compiled."""
    return bicep("build", INFRA / "main.bicep", "--stdout")


@pytest.fixture(scope="session")
def parameters(built: Ran) -> dict[str, dict[str, Any]]:
    """Those that the deployment takes, with type, default and description."""
    taken: dict[str, dict[str, Any]] = compiler.template(built)["parameters"]
    return taken


@pytest.fixture(scope="session")
def validated() -> dict[str, Ran]:
    """Each set-up, expanded and compared with its snapshot."""
    return snapshots(sorted(EXAMPLES.glob("*.bicepparam")), "validate")
