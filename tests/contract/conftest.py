"""What several contract tests share."""

from collections.abc import Iterator

import pytest

from tests.support.operator_api_parts import Parts, running_parts


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    """A ledger, a broker and a tenant of the module's own."""
    with running_parts(tmp_path_factory.mktemp("parts")) as parts:
        yield parts
