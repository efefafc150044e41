"""The records of a message, each with what it stands in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from shared.contracts.messages.contract import MOST_EVENTS
from shared.domain.errors import InvalidMessage, TooLarge
from shared.hr.evaluation import Evaluations
from shared.hr.formats.unreadable import Unreadable
from shared.hr.translation import digest, written

_MOST_PARENTS = 10_000
PARENT, VALUE = "_parent", "_value"


@dataclass(frozen=True)
class Record:
    """A value, and the record that it stands in."""

    value: Any
    parent: Self | None = None

    @cached_property
    def inside(self) -> Mapping[str, Any]:
        """What expressions see from within it, without the whole body.

        Raises:
            InvalidMessage: it is nothing that has fields.
        """
        if isinstance(self.value, Unreadable):
            raise InvalidMessage("(record)", self.value.reason)
        around = {PARENT: self.parent.surroundings} if self.parent else {}
        if isinstance(self.value, Mapping):
            return {**self.value, **around}
        if self.parent is None or not isinstance(self.value, str | int | float):
            raise InvalidMessage("(event)", "write an object")
        return {VALUE: self.value, **around}

    @cached_property
    def surroundings(self) -> Any:
        """What the records within it see as the one that they stand in."""
        if self.parent is None or not isinstance(self.value, Mapping):
            return self.value
        return {**self.value, PARENT: self.parent.surroundings}

    @cached_property
    def content(self) -> str:
        """What tells it from others that its sender calls nothing."""
        if self.parent is None or self.parent.parent is None:
            return digest(self.value)
        return digest([self.value, self.parent.content])

    @property
    def text(self) -> str:
        """It as JSON, or as it was sent where it could not be read."""
        if isinstance(self.value, Unreadable):
            return self.value.text
        return written(self.value)


def records_of(
    body: Any, levels: Sequence[str] | None, evaluations: Evaluations
) -> Sequence[Record] | Record | None:
    """Returns the records of a body: a list of them, the one that it is, or None of none.

    Args:
        body: the tree.
        levels: an expression for each list within the one before; None where the body is the list,
            or the record.
        evaluations: of expressions on this message.

    Raises:
        InvalidMessage: an expression cannot cope with what was sent.
        TooLarge: there are too many.
    """
    if levels is None:
        return _bounded([Record(one) for one in body]) if isinstance(body, list) else Record(body)
    root = Record(body)
    found = evaluations.of(levels[0], body)
    if found is None:
        return None
    if len(levels) == 1 and not isinstance(found, list):
        return Record(found, root)
    records = [Record(one, root) for one in _listed(found)]
    for level in levels[1:]:
        if len(records) > _MOST_PARENTS:
            raise TooLarge(level, f"send at most {_MOST_PARENTS:,} lists at once")
        records = [
            Record(one, outer)
            for outer in records
            for one in _listed(evaluations.of(level, outer.surroundings))
        ]
    return _bounded(records)


def _listed(found: Any) -> Sequence[Any]:
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _bounded(records: Sequence[Record]) -> Sequence[Record]:
    if len(records) > MOST_EVENTS:
        raise TooLarge("(body)", f"send at most {MOST_EVENTS:,} events at once")
    return records
