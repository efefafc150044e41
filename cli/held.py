"""Held events as the command line shows them: which were found, and what became of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from shared.contracts.api.held_views import DecidedView, HeldEventView


@dataclass(frozen=True, slots=True)
class HeldFound:
    """Events that a brake holds."""

    events: Sequence[HeldEventView]

    def as_json(self) -> str:
        """Returns the JSON text that is printed: a list."""
        return json.dumps([one.model_dump(mode="json", by_alias=True) for one in self.events])


@dataclass(frozen=True, slots=True)
class HeldDecided:
    """What became of held events."""

    verb: str
    done: Sequence[str]
    left: Sequence[str]

    def as_json(self) -> str:
        """Returns the API's JSON, as if it had been asked once."""
        return DecidedView(done=tuple(self.done), left=tuple(self.left)).as_json()
