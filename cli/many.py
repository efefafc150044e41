"""Many of one kind that were chosen: shown, agreed to, and dealt with a portion at a time."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import TYPE_CHECKING, Protocol

from cli.exits import Failure, Status
from cli.plain import count
from cli.terminal import Form, Shown, confirm, draw, show, tell

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOST_AT_ONCE = 100
"""That the app takes in one request."""


class Answer[K](Protocol):
    """What the app did with a portion, by the keys."""

    @property
    def done(self) -> Iterable[K]:
        """Those that were dealt with."""

    @property
    def left(self) -> Iterable[K]:
        """Those that were not."""


@dataclass(frozen=True, slots=True)
class Many[K, S: Shown]:
    """What was chosen, and how it is shown."""

    keys: Sequence[K]
    shown: S
    table: "Callable[[S], RenderableType]"
    noun: str
    """One of them, such as `held event`."""
    none: str
    """What is said where there are none."""

    def agreed(
        self, question: Callable[[str], str], *, dry_run: bool, yes: bool, output: Form
    ) -> bool:
        """Shows what was chosen, and tells whether to go on.

        Args:
            question: Makes the question of how many of what there are.
            dry_run: Only show them.
            yes: Do not ask.
            output: The form in which they are shown.

        Raises:
            Failure: the answer is no, or there is nobody to ask.
        """
        if dry_run:
            show(self.shown, self.table, output)
            return False
        if not self.keys:
            tell(self.none)
            return False
        if not yes:
            draw(self.table(self.shown), stderr=True)
        confirm(question(count(len(self.keys), self.noun)), yes=yes)
        return True

    def deal(
        self,
        ask: Callable[[Sequence[K]], Answer[K]],
        report: Callable[[Sequence[K], Sequence[K]], None],
        left_text: str,
    ) -> None:
        """Has all of them dealt with; what was done is told, even where something went wrong.

        Args:
            ask: Asks the app about a portion.
            report: Shows which were done and which are left.
            left_text: What became of those that are left.

        Raises:
            Failure: some are left.
        """
        done: list[K] = []
        left: list[K] = []
        try:
            for some in batched(self.keys, _MOST_AT_ONCE, strict=False):
                answer = ask(some)
                done += answer.done
                left += answer.left
                tell(f"{len(done)} of {len(self.keys)} done")
        finally:
            if done or left:
                report(done, left)
        if left:
            raise Failure(Status.NOT_POSSIBLE, f"{count(len(left), self.noun)} {left_text}")
