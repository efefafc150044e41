"""Dead letters as the command line shows them: which were found, and what became of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.api.dead_letter_views import DeadLetterCount, DeadLetterSummary, DealtWithView


@dataclass(frozen=True, slots=True)
class LettersFound:
    """Dead letters, and how many each queue has where every queue was asked for."""

    letters: Sequence[DeadLetterSummary]
    unseen: Sequence[DeadLetterCount] = ()
    """Queues that could not be looked at."""

    def as_json(self) -> str:
        """Returns the JSON text that is printed: a list."""
        return json.dumps([one.model_dump(mode="json", by_alias=True) for one in self.letters])


@dataclass(frozen=True, slots=True)
class LettersDealtWith:
    """What became of dead letters of one queue."""

    verb: str
    queue: str
    done: Sequence[int]
    left: Sequence[int]

    def as_json(self) -> str:
        """Returns the API's JSON, as if it had been asked once."""
        return DealtWithView(
            queue=self.queue, done=tuple(self.done), left=tuple(self.left)
        ).as_json()
