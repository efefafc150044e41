"""What became of a difference that was written, and how much trouble is taken over it."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from uuid import UUID

import structlog

_log = structlog.get_logger(__name__)

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 1.0
_MOST_PAUSES = 24
_MOST_REFUSALS = 500


@dataclass(slots=True)
class Budget:
    """How often one change may be refused: a controller in trouble is not asked without end.

    What is left over comes again with another command, minutes later.
    """

    sleep: Callable[[float], None] = time.sleep
    pauses: int = _MOST_PAUSES
    refusals: int = _MOST_REFUSALS
    _next_pause: float = _FIRST_PAUSE

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is to be asked."""
        return self.pauses <= 0 or self.refusals <= 0

    def pause(self) -> None:
        """Lets a busy controller breathe."""
        self.pauses -= 1
        self.sleep(self._next_pause)
        self._next_pause = min(2 * self._next_pause, _LONGEST_PAUSE)


@dataclass(slots=True)
class Written:
    """What became of a difference that was written."""

    budget: Budget = field(default_factory=Budget, compare=False)
    already: set[UUID] = field(default_factory=set)
    """Somebody else was faster."""
    vanished: set[UUID] = field(default_factory=set)
    """The accounts that are no longer there."""
    refused: dict[UUID, str] = field(default_factory=dict)
    """Refused by AD, with its words."""
    postponed: dict[UUID, str] = field(default_factory=dict)
    """Not taken just now, with AD's words: the same change may be taken in a while."""

    def vanish(self, guid: UUID) -> None:
        """Notes an account that is no longer there."""
        self.budget.refusals -= 1
        self.vanished.add(guid)
        _log.warning("account-vanished", guid=str(guid))

    def refuse(self, guids: Collection[UUID], words: str) -> None:
        """Notes values that AD refuses."""
        self.budget.refusals -= 1
        self.refused.update(dict.fromkeys(guids, words))
        _log.error("write-refused", result=words, members=len(guids), passes=False)

    def postpone(self, guids: Collection[UUID], words: str) -> None:
        """Notes values that AD does not take now."""
        self.postponed.update(dict.fromkeys(guids, words))
        _log.warning("write-postponed", result=words, members=len(guids), passes=True)
