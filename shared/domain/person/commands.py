"""The directory commands that were out to a person: what an answer has to be an answer to."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from shared.domain.person.writes import ScopeAction, WriteOutcome

MOST_COMMANDS = 8
"""Commands remembered per person: answers come late, but not after seven more questions."""
_WRITTEN = frozenset({WriteOutcome.DONE, WriteOutcome.ALREADY})


@dataclass(frozen=True, slots=True)
class AskedCommand:
    """One command that went out to a person, and what was first answered."""

    key: str
    action: ScopeAction
    outcome: WriteOutcome | None = None
    """None until it is answered."""

    def is_settled_by(self, outcome: WriteOutcome) -> bool:
        """Whether nothing is to be learned from this outcome that was not known before it.

        Of several answers to one command the first counts: it comes again with the end of the
        delta sync. Only that something was written after all is news.
        """
        return self.outcome is not None and not (
            self.outcome not in _WRITTEN and outcome is WriteOutcome.DONE
        )


@dataclass(frozen=True, slots=True)
class AskedCommands:
    """The newest commands that were out to one person, the oldest first."""

    newest: tuple[AskedCommand, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.newest)

    def asking(self, key: str, action: ScopeAction) -> Self:
        """Returns them with one more; one that is sent again keeps its place and its answer."""
        if any(one.key == key for one in self.newest):
            return self
        return self._of((*self.newest, AskedCommand(key, action)))

    def answered(self, key: str, outcome: WriteOutcome) -> Self:
        """Returns them with that command answered, if it was not."""
        return self._of(
            replace(one, outcome=outcome)
            if one.key == key and not one.is_settled_by(outcome)
            else one
            for one in self.newest
        )

    def find(self, key: str | None, action: ScopeAction) -> AskedCommand | None:
        """Returns the command of that key that asked for that; None where none did."""
        return next((one for one in self.newest if (one.key, one.action) == (key, action)), None)

    def is_overtaken(self, command: AskedCommand) -> bool:
        """Whether the opposite was asked for since: what that one found, it found afterwards."""
        later = self.newest[self.newest.index(command) + 1 :]
        return any(one.action is not command.action for one in later)

    def joined_by(self, others: Self) -> Self:
        """Returns these and, before them, the commands that were out under another key."""
        mine = {one.key for one in self.newest}
        return self._of((*(one for one in others.newest if one.key not in mine), *self.newest))

    def _of(self, commands: Iterable[AskedCommand]) -> Self:
        return replace(self, newest=tuple(commands)[-MOST_COMMANDS:])


NO_COMMANDS = AskedCommands()
