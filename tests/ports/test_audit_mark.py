"""The audit's mark: kept beside the tables, the newest alone, by an identity or by a key."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from shared.adapters.blobs.audit_mark import BlobAuditMark
from shared.adapters.blobs.place import BlobPlace
from shared.adapters.identity import credential
from shared.adapters.memory.audit_mark import MemoryAuditMark, Outside
from shared.domain.audit import AuditEnd
from shared.domain.audit_mark import AuditMark
from shared.domain.errors import ServiceUnavailable
from shared.ports.audit_mark import AuditMarks

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
FIRST = AuditMark(at=NOW, ends=(AuditEnd("p-0", 7, "ab"), AuditEnd("writing", 0, "")))
SECOND = AuditMark(at=NOW, ends=(AuditEnd("p-0", 8, "cd"),))


@pytest.fixture(params=["memory", "azurite"])
async def marks(request: pytest.FixtureRequest) -> AsyncIterator[AuditMarks]:
    if request.param == "memory":
        yield MemoryAuditMark(Outside())
        return
    account: str = request.getfixturevalue("store")
    place = BlobPlace.of_connection_string(account)
    assert place is not None
    yield BlobAuditMark(place, credential)


async def test_there_is_none_at_first_and_then_the_newest(marks: AuditMarks) -> None:
    assert await marks.read() in {None, SECOND}
    for mark in (FIRST, SECOND):
        await marks.keep(mark)
        assert await marks.read() == mark


async def test_an_account_that_does_not_answer_is_told_from_one_without_a_mark() -> None:
    nowhere = BlobAuditMark(BlobPlace("http://127.0.0.1:1/a", "a", "a2V5"), credential)
    with pytest.raises(ServiceUnavailable, match="the audit's mark"):
        await nowhere.read()
