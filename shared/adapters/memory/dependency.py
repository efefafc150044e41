"""The port `Dependency`, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from shared.adapters.memory.turns import Pause, straight_on
from shared.domain.health import DependencyKind, NotReached, Trouble
from shared.ports.dependency import Check


@dataclass(slots=True)
class MemoryDependency:
    """Parts of one kind, each in good health, or in some trouble."""

    kind: DependencyKind
    parts: Sequence[str]
    pause: Pause = straight_on
    troubles: dict[str, Trouble] = field(default_factory=dict)
    """Of those parts that cannot be reached."""

    def checks(self) -> Sequence[Check]:
        """Returns a check for each part: whether it can be reached, apart from the others."""
        return [
            Check(kind=self.kind, name=name, purpose="a test", look=partial(self._look, name))
            for name in self.parts
        ]

    async def _look(self, name: str) -> None:
        await self.pause(f"dependency.{name}")
        if trouble := self.troubles.get(name):
            raise NotReached(trouble, "in memory")
