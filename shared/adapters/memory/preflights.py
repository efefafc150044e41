"""The port `Preflights`, in memory."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from shared.adapters.memory.as_json import AsJson
from shared.adapters.memory.storage import Storage
from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.person.preflight import Preflight
from shared.ports.preflights import PreflightQuestion

_PREFLIGHT = AsJson(Preflight, "Preflight")
QUESTION = AsJson(PreflightQuestion, "Question")


class MemoryPreflights:
    """The questions of each check, and of each person what was found last."""

    def __init__(self, storage: Storage, pause: Pause = straight_on) -> None:
        self._storage = storage
        self._pause = pause

    async def ask(self, questions: Collection[PreflightQuestion]) -> None:
        """Remembers the questions; all of one check.

        Raises:
            InvalidMessage: one is larger than the ledger takes.
        """
        await self._pause("preflights.ask")
        self._storage.questions.update({one.key: QUESTION.of(one) for one in questions})
        await self._pause("preflights.ask done")

    async def question(self, key: str) -> PreflightQuestion | None:
        """Returns the question of that key, or None where none was asked."""
        await self._pause("preflights.question")
        text = self._storage.questions.get(key)
        return QUESTION.read(text) if text is not None else None

    async def questions(self, check: str) -> Sequence[PreflightQuestion]:
        """Returns all questions of a check, in their order; none where there is no such check."""
        await self._pause("preflights.questions")
        kept = map(QUESTION.read, self._storage.questions.values())
        return sorted((one for one in kept if one.check == check), key=lambda one: one.part)

    async def answered(
        self, question: PreflightQuestion, found: Collection[Preflight], now: datetime
    ) -> None:
        """Remembers what was found, in the place of what was before, and that it was answered."""
        await self._pause("preflights.answered")
        self._storage.preflights.update({one.key: _PREFLIGHT.of(one) for one in found})
        self._storage.questions[question.key] = QUESTION.of(question.answered_by(found, now))
        await self._pause("preflights.answered done")

    async def find(self, person_keys: Collection[str]) -> Mapping[str, Preflight]:
        """Returns of these people what was found last; leaves out whom nobody has looked at."""
        await self._pause("preflights.find")
        kept = self._storage.preflights
        return {key: _PREFLIGHT.read(kept[key]) for key in person_keys if key in kept}
