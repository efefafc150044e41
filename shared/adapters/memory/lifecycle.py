"""The port `Lifecycle`, in memory."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.adapters.memory.turns import Pause, straight_on
from shared.contracts.messages.lifecycle_callback import CALLBACK_PATH


@dataclass(frozen=True, slots=True)
class Told:
    """What a task was told."""

    callback_path: str
    completed: bool


class MemoryLifecycle:
    """Tasks wait once they were said to, and until they are told their outcome."""

    def __init__(self, pause: Pause = straight_on) -> None:
        self._pause = pause
        self._waiting: set[str] = set()
        self._told: list[Told] = []

    @property
    def told(self) -> Sequence[Told]:
        """What tasks were told that waited for it, in order."""
        return tuple(self._told)

    def wait_at(self, callback_path: str) -> None:
        """Lets a task wait to be called back at this path."""
        self._waiting.add(callback_path)

    async def resume(self, callback_path: str, *, completed: bool) -> bool:
        """Tells a waiting task its outcome; returns False where nobody waits, or any longer."""
        if not re.fullmatch(CALLBACK_PATH, callback_path):
            raise ValueError("a callback goes to Lifecycle Workflows and nowhere else")
        await self._pause("lifecycle.resume")
        awaited = callback_path in self._waiting
        if awaited:
            self._waiting.remove(callback_path)
            self._told.append(Told(callback_path, completed))
        await self._pause("lifecycle.resume done")
        return awaited
