"""The ledger's mark: kept beside the tables, the newest alone, by an identity or by a key."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from shared.adapters.blobs.ledger_mark import BlobLedgerMark
from shared.adapters.memory.ledger_mark import MemoryLedgerMark, Outside
from shared.domain.ledger_mark import LedgerMark
from shared.ports.ledger_mark import LedgerMarks

from shared.adapters.blobs.place import BlobPlace
from shared.adapters.identity import credential
from shared.domain.audit import AuditEnd
from shared.domain.errors import ServiceUnavailable

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
FIRST = LedgerMark(at=NOW, ends=(AuditEnd("p-0", 7, "ab"), AuditEnd("writing", 0, "")))
SECOND = LedgerMark(at=NOW, ends=(AuditEnd("p-0", 8, "cd"),))


@pytest.fixture(params=["memory", "azurite"])
async def marks(request: pytest.FixtureRequest) -> AsyncIterator[LedgerMarks]:
    if request.param == "memory":
        yield MemoryLedgerMark(Outside())
        return
    account: str = request.getfixturevalue("store")
    place = BlobPlace.of_connection_string(account)
    assert place is not None
    yield BlobLedgerMark(place, credential)


async def test_there_is_none_at_first_and_then_the_newest(marks: LedgerMarks) -> None:
    assert await marks.read() in {None, SECOND}
    for mark in (FIRST, SECOND):
        await marks.keep(mark)
        assert await marks.read() == mark


async def test_an_account_that_does_not_answer_is_told_from_one_without_a_mark() -> None:
    nowhere = BlobLedgerMark(BlobPlace("http://127.0.0.1:1/a", "a", "a2V5"), credential)
    with pytest.raises(ServiceUnavailable, match="the audit's mark"):
        await nowhere.read()
