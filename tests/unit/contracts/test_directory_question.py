"""Questions about people and their answers: bounded, closed, and refused in words by who is old."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.messages.contract import LARGEST_MESSAGE
from shared.contracts.messages.directory_answer import DirectoryAnswer, PersonFindings
from shared.contracts.messages.directory_command import CommandMember, DirectoryCommand
from shared.contracts.messages.directory_question import (
    LONGEST_QUESTION,
    MOST_ASKED,
    DirectoryQuestion,
)
from shared.domain.errors import InvalidMessage
from shared.domain.person.preflight import Finding, Unknown

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MEMBER = CommandMember(key="p1", sid="S-1-5-21-1")


def question(
    *people: CommandMember, at: datetime = NOW, life: timedelta = 5 * MINUTE
) -> DirectoryQuestion:
    return DirectoryQuestion(
        question_key="q.0", people=people or (MEMBER,), asked_at=at, expires_at=at + life
    )


def test_a_worker_of_before_refuses_a_question_by_its_schema() -> None:
    """It carries nothing out that it does not understand, and its dead letter says what it was."""
    with pytest.raises(InvalidMessage) as refused:
        DirectoryCommand.read(question().text())
    assert refused.value.field == "schema"
    assert "directory-command/1" in refused.value.reason


def test_a_question_is_told_from_a_command_by_its_own_word() -> None:
    assert DirectoryQuestion.found_in(question().text()) == question()
    assert DirectoryQuestion.found_in(b'{"schema": "sspr-rollout/directory-command/1"}') is None
    with pytest.raises(InvalidMessage, match="people"):
        DirectoryQuestion.found_in(
            b'{"schema": "sspr-rollout/directory-question/1", "questionKey": "q", '
            b'"askedAt": "2026-11-29T12:00:00Z", "expiresAt": "2026-11-29T12:00:00Z"}'
        )


def test_no_more_people_are_asked_about_than_an_answer_can_hold() -> None:
    with pytest.raises(ValueError, match="people"):
        question(*[MEMBER] * (MOST_ASKED + 1))
    people = tuple(
        PersonFindings(key=f"{'k' * 36}{number}", findings=tuple(Finding), unknown=tuple(Unknown))
        for number in range(MOST_ASKED)
    )
    most = DirectoryAnswer(question_key="q.0", people=people, worker="w" * 200, answered_at=NOW)
    assert len(most.text()) < LARGEST_MESSAGE


@pytest.mark.parametrize("word", ["fine", "no-such-finding", ""])
def test_an_answer_has_words_of_the_list_alone(word: str) -> None:
    with pytest.raises(ValueError, match="findings"):
        PersonFindings(key="p1", findings=(word,))


def test_a_question_is_over_when_it_says_so_and_an_hour_later_whatever_it_says() -> None:
    assert not question().is_over(NOW + 5 * MINUTE)
    assert question().is_over(NOW + 6 * MINUTE)
    patient = question(life=timedelta(days=300))
    assert not patient.is_over(NOW + LONGEST_QUESTION)
    assert patient.is_over(NOW + LONGEST_QUESTION + MINUTE)


def test_a_question_of_the_future_is_over_an_hour_from_now() -> None:
    """Another party's clock is clamped to ours: a question is no job for ever."""
    ahead = question(at=NOW + timedelta(days=400), life=timedelta(days=1))
    assert not ahead.is_over(NOW)
    assert DirectoryQuestion.read(ahead.text()) == ahead
