"""What was asked about people's accounts in Active Directory, and what was found."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from shared.domain.person.preflight import Preflight
from shared.domain.person.preflight_tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class PreflightQuestion:
    """A question that went to the worker: one part of a check."""

    check: str
    """The key of the check that it is a part of."""
    part: int
    people: tuple[str, ...]
    """The keys of whom it asks about, in its order: nobody else is answered."""
    asked_at: datetime
    expires_at: datetime
    actor: str
    answered_at: datetime | None = None
    cloud: int = 0
    """People of the part whom it does not ask about: nothing is written back for them."""
    counted: Tally | None = None
    """What the answer comes to; None where an older version has kept it, or there is none."""

    def answered_by(self, found: Collection[Preflight], now: datetime) -> "PreflightQuestion":
        """Returns the question as it is once this answers it."""
        return replace(self, answered_at=now, counted=Tally.of(found))

    def is_open(self, now: datetime) -> bool:
        """Tells whether an answer to it is still waited for."""
        return self.answered_at is None and now < self.expires_at

    @property
    def key(self) -> str:
        """What the message and its answer are called."""
        return f"{self.check}.{self.part}"


class Preflights(Protocol):
    """The questions of each check, and of each person what was found last."""

    async def ask(self, questions: Collection[PreflightQuestion]) -> None:
        """Remembers the questions; all of one check.

        Raises:
            InvalidMessage: one is larger than the ledger takes.
        """

    async def question(self, key: str) -> PreflightQuestion | None:
        """Returns the question of that key, or None where none was asked."""

    async def questions(self, check: str) -> Sequence[PreflightQuestion]:
        """Returns all questions of a check, in their order; none where there is no such check."""

    async def answered(
        self, question: PreflightQuestion, found: Collection[Preflight], now: datetime
    ) -> None:
        """Remembers what was found, in the place of what was before, and that it was answered."""

    async def find(self, person_keys: Collection[str]) -> Mapping[str, Preflight]:
        """Returns of these people what was found last; leaves out whom nobody has looked at."""
