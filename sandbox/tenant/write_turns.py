"""Writes to one group that go on at once: Graph bears a few of them, and refuses the rest."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager

_MEMBERS_OF = re.compile(r"/groups/([^/]+)(?:/members/.*)?")


class WriteTurns:
    """How many writes each group is going through."""

    def __init__(self) -> None:
        self._going_on: Counter[str] = Counter()
        self.most_seen = 0
        """The most at once to any one group since the last `forget`."""

    def forget(self) -> None:
        """Begin counting again."""
        self.most_seen = 0

    @contextmanager
    def taken(self, writes: Iterable[str | None], most: float) -> Iterator[Collection[int]]:
        """Go through writes that are at once; answers the places of those that are too many.

        Args:
            writes: the group that each writes, in their order; None for what writes none.
            most: how many a group bears; 0: any number.
        """
        groups = [group for group in writes if group is not None]
        refused: list[int] = []
        for place, group in enumerate(writes):
            if group is None:
                continue
            self._going_on[group] += 1
            if most and self._going_on[group] > most:
                refused.append(place)
        self.most_seen = max([self.most_seen, *self._going_on.values()])
        try:
            yield refused
        finally:
            self._going_on.subtract(groups)


def group_written(method: str, path: str) -> str | None:
    """The group whose members a request changes; None where it changes none."""
    found = _MEMBERS_OF.fullmatch(path) if method in {"PATCH", "POST", "DELETE"} else None
    return found.group(1) if found else None
