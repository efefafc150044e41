"""Answers as messages: their size and their ids."""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from hybrid_worker.journal import Recorded
from hybrid_worker.results import messages
from shared.contracts.messages.contract import LARGEST_MESSAGE
from shared.contracts.messages.directory_result import (
    DirectoryResult,
    MemberResult,
    SyncReport,
    SyncState,
)
from shared.domain.person.writes import ScopeAction, WriteOutcome

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def recorded(members: int, problem: str | None = None) -> Recorded:
    results = tuple(
        MemberResult(key=f"{number}", outcome=WriteOutcome.DONE, detail="x" * 480)
        for number in range(members)
    )
    sync = SyncReport(state=SyncState.PENDING, problem=problem)
    answer = TypeAdapter(tuple[MemberResult, ...]).dump_json(results).decode()
    return Recorded("key", ScopeAction.ADD, answer, sync, told=False, owed_since=None)


def test_a_copy_of_an_answer_carries_the_same_id_and_another_state_another_id() -> None:
    ids = [[name for name, _ in messages(recorded(1, p), "w", NOW)] for p in (None, None, "busy")]
    assert ids == [["key:pending"], ["key:pending"], ["key:pending:busy"]]


@settings(deadline=None)
@given(st.integers(1, 700), st.integers(1_500, LARGEST_MESSAGE))
def test_no_message_is_too_large_and_no_member_is_lost_or_told_twice(
    count: int, largest: int
) -> None:
    parts = list(messages(recorded(count), "w", NOW, largest))
    assert all(len(body) <= largest for _, body in parts)
    assert len({name for name, _ in parts}) == len(parts)
    told = [member.key for _, body in parts for member in DirectoryResult.read(body).members]
    assert told == [f"{number}" for number in range(count)]
