"""The questions that were taken off the queue and are not answered yet.

Nothing is written for a question, so the journal keeps none: it is let go when its answer is sent,
and comes again if that never happens.
"""

from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from hybrid_worker.journal import Journal
from hybrid_worker.queues import Delivery
from shared.contracts.messages.directory_answer import DirectoryAnswer
from shared.contracts.messages.directory_question import DirectoryQuestion
from shared.domain.errors import DirectoryUnavailable

_log = structlog.get_logger(__name__)


class Answerer(Protocol):
    """The use case."""

    def __call__(self, question: DirectoryQuestion) -> DirectoryAnswer:
        """Looks at people's accounts, without writing anything."""


class Queues(Protocol):
    """The queues, as far as questions go over them."""

    def complete(self, delivery: Delivery) -> None:
        """Takes the question off the queue."""

    def abandon(self, delivery: Delivery) -> None:
        """Gives the question back."""

    def dead_letter(self, delivery: Delivery, reason: str, description: str) -> None:
        """Sets the question aside."""

    def send(self, messages: Sequence[tuple[str, bytes]]) -> Collection[str]:
        """Sends answers; returns the ids of those that no message can hold."""


@dataclass(frozen=True, slots=True)
class _Open:
    delivery: Delivery
    question: DirectoryQuestion


class OpenQuestions:
    """Answers one after the other."""

    def __init__(
        self, queues: Queues, answer: Answerer, journal: Journal, clock: Callable[[], datetime]
    ) -> None:
        self._queues = queues
        self._answer = answer
        self._journal = journal
        self._clock = clock
        self._open: deque[_Open] = deque()

    def __len__(self) -> int:
        return len(self._open)

    def add(self, delivery: Delivery, question: DirectoryQuestion) -> None:
        """Takes note of a question."""
        self._open.append(_Open(delivery, question))

    def forget(self) -> None:
        """Forgets all of them: their locks are lost, and they come again."""
        self._open.clear()

    def release(self) -> None:
        """Gives all of them back."""
        while self._open:
            self._queues.abandon(self._open.popleft().delivery)

    def answer_next(self) -> None:
        """Answers the oldest, if there is one; drops it where nobody waits for it any more.

        Raises:
            DirectoryUnavailable: AD did not answer; the question was given back.
        """
        if not self._open:
            return
        asked = self._open.popleft()
        if asked.question.is_over(self._clock()):
            _log.info("question-expired", question=asked.question.question_key)
            self._queues.complete(asked.delivery)
            return
        try:
            answer = self._answer(asked.question)
        except DirectoryUnavailable:
            self._queues.abandon(asked.delivery)
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, it is the one question's
            self._set_aside(asked, error)
            return
        self._reply(asked, answer)

    def _set_aside(self, asked: _Open, error: Exception) -> None:
        name, kind = asked.question.question_key, type(error).__name__
        self._journal.set_aside(name, kind, asked.question.text(), self._clock())
        _log.error("question-set-aside", question=name, error=kind)
        self._queues.dead_letter(asked.delivery, "NotDone", kind)

    def _reply(self, asked: _Open, answer: DirectoryAnswer) -> None:
        name, body = answer.message_key, answer.text()
        if self._queues.send([(name, body)]):
            self._journal.set_aside(name, "no message can hold the answer", body, self._clock())
            _log.error("answer-set-aside", name=name, bytes=len(body))
        self._queues.complete(asked.delivery)
